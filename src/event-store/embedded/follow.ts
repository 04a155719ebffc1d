import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore } from '../event-store.ts';
import { createLogReader } from './log-reader.ts';
import { openLogReader } from './schema.ts';
import { followLog } from './subscription.ts';
import type { Growth } from './subscription.ts';

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
    eventAt: (position) => Promise.resolve(reader.eventAt(position)),
    close() {
      ending.abort();
      if (db.isOpen) db.close();
      return Promise.resolve();
    },
  };
}

/** How often a log is looked at where its writer is another process, in milliseconds. */
const pollMs = 50;

/** The log grew when the writer's counter moved: followers in the writer's process wait without polling. */
function growthBySignal(signal: SharedArrayBuffer): Growth {
  const counter = new Int32Array(signal);
  return {
    mark: () => Atomics.load(counter, 0),
    async waitBeyond(mark, aborted) {
      if (aborted.aborted) return;
      const waiting = Atomics.waitAsync(counter, 0, mark);
      if (!waiting.async) return;
      const stop = (): void => void Atomics.notify(counter, 0);
      aborted.addEventListener('abort', stop, { once: true });
      await waiting.value;
      aborted.removeEventListener('abort', stop);
    },
  };
}

function growthByPolling(): Growth {
  return {
    mark: () => 0,
    async waitBeyond(_mark, signal) {
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    },
  };
}
