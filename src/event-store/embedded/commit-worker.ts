import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { CommitReply, CommitRequest, CommitWorkerData } from './commit-protocol.ts';
import { createLogReader } from './log-reader.ts';
import { createLogWriter } from './log-writer.ts';
import { OperatorError } from '../../shared/errors.ts';
import { LogDamagedError } from '../event-store.ts';
import { checkTail, logPath, openLogWriter } from './schema.ts';

/**
 * The thread that writes the log. Commits, with their fsync, happen here and nowhere else, so that no socket waits for
 * a disk. Copying the write-ahead log into the database is another thread's work; only its last few pages are copied
 * here, between two commits, because the log's file can start over only when nothing is left to copy.
 */

/** Pages in the write-ahead log, 4 KiB each, from which on a checkpoint is asked for. */
const checkpointPages = 8_192;
/** Commits between two looks at the size of the write-ahead log. */
const commitsPerLook = 128;
/** Pages that may be copied between two commits: about a millisecond. */
const inlinePages = 256;

const { dataDir, signal, bell, port } = workerData as CommitWorkerData;
const counter = new Int32Array(signal);
const rung = new Int32Array(bell);

function reply(message: CommitReply): void {
  port.postMessage(message);
}

function start(): void {
  const db = openLogWriter(dataDir);
  checkTail(db);
  const reader = createLogReader(db);
  const writer = createLogWriter(db, reader);
  const walSize = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  const restart = db.prepare('PRAGMA wal_checkpoint(RESTART)');
  let commits = 0;
  let asked = false;

  function commit(appends: Extract<CommitRequest, { kind: 'commit' }>['appends']): void {
    try {
      const outcomes = writer.commit(appends);
      reply({ kind: 'committed', outcomes });
      Atomics.add(counter, 0, 1);
      Atomics.notify(counter, 0);
    } catch (error) {
      reply({ kind: 'failed', reason: (error as Error).message });
      return;
    }
    commits += 1;
    if (commits % commitsPerLook === 0 && !asked && pagesIn(walSize) > checkpointPages) {
      asked = true;
      reply({ kind: 'checkpoint-due' });
    }
  }

  function startOver(): void {
    try {
      restart.all();
    } catch {
      // A full disk: the next commits ask for a checkpoint again.
    }
  }

  /** False: there is nothing more to come. */
  function handle(request: CommitRequest): boolean {
    switch (request.kind) {
      case 'commit':
        commit(request.appends);
        return true;
      case 'checkpointed':
        asked = false;
        if (request.left <= inlinePages) startOver();
        return true;
      case 'close':
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        db.close();
        return false;
    }
  }

  reply({ kind: 'opened', lastPosition: reader.lastPosition(), lastOwnPosition: reader.lastOwnPosition() });
  serve(handle);
}

/**
 * Waits for the bell and takes what the port holds. This thread has no event loop to run: sleeping on the bell wakes
 * it in a third of the time and processor that an event loop takes, which at low load is a good part of a message.
 */
function serve(handle: (request: CommitRequest) => boolean): void {
  for (;;) {
    const heard = Atomics.load(rung, 0);
    for (;;) {
      const received = receiveMessageOnPort(port) as { message: CommitRequest } | undefined;
      if (received === undefined) break;
      if (!handle(received.message)) return;
    }
    Atomics.wait(rung, 0, heard);
  }
}

function pagesIn(walSize: { get(): unknown }): number {
  const { log } = walSize.get() as { log: number };
  return log;
}

try {
  start();
} catch (error) {
  const told = error instanceof OperatorError || error instanceof LogDamagedError;
  const { message } = error as Error;
  reply({ kind: 'refused', reason: told ? message : `the log ${logPath(dataDir)} cannot be read: ${message}` });
}
