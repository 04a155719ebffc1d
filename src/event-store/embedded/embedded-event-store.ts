import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { EventBatch, EventStore, RecordedEvent } from '../event-store.ts';
import { isOwn } from '../own-streams.ts';
import { createCommitQueue } from './commit-queue.ts';
import { startCommitThread } from './commit-thread.ts';
import { lockDataDir } from './lock.ts';
import { createLogReader } from './log-reader.ts';
import type { LogReader } from './log-reader.ts';
import { openLogReader } from './schema.ts';
import { subscribeLive } from './subscription.ts';
import type { LiveSubscription } from './subscription.ts';

export interface EmbeddedEventStoreOptions {
  readonly dataDir: string;
  /** The log can no longer be trusted or written: the process should end. */
  onFatal(error: Error): void;
  /** After each commit: how many appends shared its fsync, `lastPosition()`, and what was written, in order. */
  onCommit?(appends: number, position: number, events: readonly RecordedEvent[]): void;
}

export interface EmbeddedEventStore extends EventStore {
  /** Raised after every commit: what a follower in another thread waits on. */
  readonly signal: SharedArrayBuffer;
}

/**
 * The log in one SQLite file, written by one thread of this process.
 *
 * Rejects with `OperatorError` where the folder is in use, cannot be written, or holds a damaged or newer log.
 */
export async function openEmbeddedEventStore(options: EmbeddedEventStoreOptions): Promise<EmbeddedEventStore> {
  const { dataDir, onFatal, onCommit } = options;
  const running = join(dataDir, 'running');
  const crashed = existsSync(running);
  const unlock = lockDataDir(dataDir, running);
  const signal = new SharedArrayBuffer(4);
  const live = new Set<LiveSubscription>();
  let broken: Error | undefined;
  let closing: Promise<void> | undefined;

  const queue = createCommitQueue({
    commit: (appends) => thread.commit(appends),
    onCommitted: note,
    positionOf: (stream, revision) => positionOf(reader, stream, revision),
  });
  const start = { dataDir, signal, check: crashed, onResult: queue.settle, onFatal: fail };
  const thread = await startCommitThread(start).catch((error: unknown) => {
    unlock();
    throw error;
  });
  const db = openLogReader(dataDir);
  const reader = createLogReader(db);
  let { lastPosition, lastOwnPosition } = thread;

  function note(appends: number, events: readonly RecordedEvent[]): void {
    lastPosition = events.at(-1)?.position ?? lastPosition;
    lastOwnPosition = events.findLast(({ stream }) => isOwn(stream))?.position ?? lastOwnPosition;
    for (const subscription of live) subscription.push(events);
    onCommit?.(appends, lastOwnPosition, events);
  }

  function fail(error: Error): void {
    broken = error;
    const lost = new EventStoreUnavailableError(`the log is lost: ${error.message}`, { cause: error });
    queue.failAll(lost);
    for (const subscription of live) subscription.end(lost);
    onFatal(error);
  }

  async function shutDown(): Promise<void> {
    await queue.drained();
    for (const subscription of live) subscription.end();
    if (broken === undefined) await thread.close();
    db.close();
    if (broken === undefined) rmSync(running, { force: true });
    unlock();
  }

  return {
    signal,
    appendToStream: (stream, events, expected) =>
      broken === undefined && closing === undefined
        ? queue.append(stream, events, expected)
        : Promise.reject(new EventStoreUnavailableError('the log is closed', { cause: broken })),
    readStream: (stream, read) => attempt(() => reader.readStream(stream, read)),
    subscribeToAll: (subscribe) =>
      tracked(
        subscribeLive(reader, () => lastPosition, subscribe),
        live,
      ),
    lastPosition: () => Promise.resolve(lastOwnPosition),
    eventAt: (position) => attempt(() => reader.eventAt(position)),
    close: () => (closing ??= shutDown()),
  };
}

function positionOf(reader: LogReader, stream: string, revision: number): number {
  const [event] = reader.readStream(stream, { direction: 'forwards', fromRevision: revision, maxCount: 1 });
  return event?.position ?? 0;
}

async function* tracked(subscription: LiveSubscription, live: Set<LiveSubscription>): AsyncGenerator<EventBatch> {
  live.add(subscription);
  try {
    yield* subscription.batches;
  } finally {
    live.delete(subscription);
  }
}

async function attempt<T>(read: () => T): Promise<T> {
  try {
    return await Promise.resolve(read());
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SQLITE_ERROR') throw error;
    throw new EventStoreUnavailableError(`the log cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
