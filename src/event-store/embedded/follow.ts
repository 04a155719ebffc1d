import type { EventStore } from '../event-store.ts';
import { growthByPolling, growthBySignal } from './growth.ts';
import { createLogReader } from './log-reader.ts';
import { openLogReader } from './schema.ts';
import { followLog } from './subscription.ts';

export interface FollowOptions {
  readonly dataDir: string;
  /** The writer's signal, in its own process; without it the log is polled. */
  readonly signal?: SharedArrayBuffer;
}

/**
 * The embedded log, to read beside its writer: in another thread or another process. Appending throws a `TypeError`.
 * Throws `OperatorError` where there is no log, or one this program cannot read.
 */
export function followEmbeddedLog({ dataDir, signal }: FollowOptions): EventStore {
  const db = openLogReader(dataDir);
  const reader = createLogReader(db);
  const growth = signal === undefined ? growthByPolling() : growthBySignal(signal);
  const ending = new AbortController();
  return {
    appendToStream: () => Promise.reject(new TypeError('a followed log is read-only')),
    readStream: (stream, options) => Promise.resolve(reader.readStream(stream, options)),
    subscribeToAll: (options) =>
      followLog(reader, growth, { ...options, signal: AbortSignal.any([options.signal, ending.signal]) }),
    lastPosition: () => Promise.resolve(reader.lastOwnPosition()),
    close() {
      ending.abort();
      if (db.isOpen) db.close();
      return Promise.resolve();
    },
  };
}
