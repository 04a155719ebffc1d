import type { ReadModelBatch } from '../read-model.ts';
import { encodeMessages } from './encoded-messages.ts';
import type { EncodedMessages } from './encoded-messages.ts';

/** A batch in the form in which threads hand it on and the bulk writer takes it. */
export interface EncodedRows extends Omit<ReadModelBatch, 'messages'> {
  readonly messages: EncodedMessages;
}

/** The `Encoder` of the embedded construction. */
export function encode(batch: ReadModelBatch): EncodedRows {
  return { ...batch, messages: encodeMessages(batch.messages) };
}
