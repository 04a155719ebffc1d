import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync } from '@photostructure/sqlite';
import { logPath } from './schema.ts';

/**
 * The thread that copies the write-ahead log into the database while commits go on, and that reads the whole file
 * through once after a crash.
 */

export type CheckpointRequest = 'checkpoint' | 'check' | 'close';
/** `left`: pages still to be copied. `faults`: what a check found, empty where all is well. */
export type CheckpointReply = { readonly left: number } | { readonly faults: readonly string[] };

const port = parentPort;
if (port === null) throw new Error('checkpoint-worker runs in a worker thread');
const { dataDir } = workerData as { dataDir: string };
const db = new DatabaseSync(logPath(dataDir), { timeout: 5_000 });
db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL;');

function checkpoint(): CheckpointReply {
  try {
    const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as {
      log: number;
      checkpointed: number;
    };
    return { left: log - checkpointed };
  } catch {
    // A full disk: the log keeps growing in its write-ahead file, and the next commits ask again.
    return { left: Number.MAX_SAFE_INTEGER };
  }
}

function check(): CheckpointReply {
  try {
    const rows = db.prepare('PRAGMA quick_check(10)').all() as { quick_check: string }[];
    return { faults: rows.map((row) => row.quick_check).filter((line) => line !== 'ok') };
  } catch (error) {
    return { faults: [(error as Error).message] };
  }
}

port.on('message', (request: CheckpointRequest) => {
  if (request === 'checkpoint') port.postMessage(checkpoint());
  else if (request === 'check') port.postMessage(check());
  else {
    db.close();
    port.close();
  }
});
