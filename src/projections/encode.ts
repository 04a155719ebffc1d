import type { EncodedBatch, Encoder, Range } from '../read-model/construction.ts';
import { foldRange } from './stretches.ts';
import type { RangeFold, Stretch } from './stretches.ts';

const asTheyAre: Encoder = { encode: (batch) => batch };

/** The encoder of a construction, by the address of its module. */
export async function loadEncoder(address: string | undefined): Promise<Encoder> {
  return address === undefined ? asTheyAre : ((await import(address)) as Encoder);
}

export type EncodeFrom = Encoder & RangeFold;

/** Folds a part of the log that is there already, and encodes what comes of it. */
export async function* encodeRange(
  { encode, ...from }: EncodeFrom,
  range: Range,
): AsyncGenerator<Stretch<EncodedBatch>> {
  for await (const stretch of foldRange(from, range)) yield { ...stretch, batch: encode(stretch.batch) };
}
