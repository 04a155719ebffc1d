import { parentPort, workerData } from 'node:worker_threads';
import { followEventStore } from '../event-store/follow-event-store.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { EncodedBatch, Range } from '../read-model/construction.ts';
import type { LogSettings } from '../shared/config.ts';
import { encodeRange, loadEncoder } from './encode.ts';
import { foldSound } from './fold-log.ts';
import type { Folded } from './fold.ts';
import type { Stretch } from './stretches.ts';

/** A thread that reads, folds and encodes the ranges it is asked for, one after the other. */

export interface FoldWorkerData {
  readonly log: LogSettings;
  /** Address of the encoder's module. */
  readonly encoder: string | undefined;
}

/** The stretches of one range, or that it could not be folded. */
export type FoldReply = readonly Stretch<EncodedBatch>[] | 'failed';

const port = parentPort;
if (port === null) throw new Error('fold-worker runs in a worker thread');
const { log, encoder } = workerData as FoldWorkerData;
const stopping = new AbortController();
// Not awaited here: what is asked for meanwhile would be lost.
const opening = Promise.all([followEventStore(log), loadEncoder(encoder)]);

/** What stands still is known to the thread that asks: it folds such a range itself. */
function foldOnlySound(events: readonly RecordedEvent[]): Folded {
  const folded = foldSound(events);
  if (folded === undefined) throw new Error('an event needs a closer look');
  return folded;
}

async function fold(range: Range): Promise<Stretch<EncodedBatch>[]> {
  const [store, { encode }] = await opening;
  const stretches: Stretch<EncodedBatch>[] = [];
  for await (const stretch of encodeRange({ store, fold: foldOnlySound, encode, signal: stopping.signal }, range))
    stretches.push(stretch);
  return stretches;
}

const reply = (message: FoldReply): void => port.postMessage(message);
/** One range after the other: replies come in the order of the questions. */
let folding = Promise.resolve();

port.on('message', (request: Range | 'end') => {
  if (request === 'end') void end();
  else folding = folding.then(() => fold(request)).then(reply, () => reply('failed'));
});

async function end(): Promise<void> {
  stopping.abort();
  port?.close();
  const [store] = await opening;
  await store.close();
}
