import { parentPort, workerData } from 'node:worker_threads';
import { followEmbeddedLog } from '../event-store/embedded/follow.ts';
import { encodeBatch } from '../read-model/embedded/bulk-writer.ts';
import type { EncodedBatch } from '../read-model/embedded/bulk-writer.ts';
import { foldRange } from './stretches.ts';
import type { Range, Stretch } from './stretches.ts';

/** A thread that reads and folds the ranges it is asked for, one after the other. */

export interface FoldWorkerData {
  readonly dataDir: string;
}

/** The stretches of one range, or that it could not be folded. */
export type FoldReply = readonly Stretch<EncodedBatch>[] | 'failed';

const port = parentPort;
if (port === null) throw new Error('fold-worker runs in a worker thread');
const { dataDir } = workerData as FoldWorkerData;
const store = followEmbeddedLog({ dataDir });
const stopping = new AbortController();

async function fold(range: Range): Promise<Stretch<EncodedBatch>[]> {
  const stretches: Stretch<EncodedBatch>[] = [];
  for await (const stretch of foldRange(store, range, stopping.signal)) {
    stretches.push({ ...stretch, batch: encodeBatch(stretch.batch) });
  }
  return stretches;
}

function reply(message: FoldReply): void {
  const messages = message === 'failed' ? [] : message.map(({ batch }) => batch.messages);
  port?.postMessage(
    message,
    messages.flatMap(({ bytes, rows }) => [bytes.buffer, rows.buffer]),
  );
}

port.on('message', (request: Range | 'end') => {
  if (request === 'end') end();
  else fold(request).then(reply, () => reply('failed'));
});

function end(): void {
  stopping.abort();
  port?.close();
  void store.close();
}
