import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { AppendResult, EventData, EventStore, ExpectedRevision, RecordedEvent } from '../event-store.ts';
import { isOwn } from '../own-streams.ts';
import type { CommitAppend, CommitOutcome } from './commit-protocol.ts';
import { startCommitThread } from './commit-thread.ts';
import type { CommitResult } from './commit-thread.ts';
import { lockDataDir } from './lock.ts';
import { createLogReader } from './log-reader.ts';
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

interface Pending {
  readonly append: CommitAppend;
  readonly events: readonly EventData[];
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

/**
 * The log in one SQLite file, written by one thread of this process. While a commit is in flight, appends gather and
 * then go out together: one fsync serves them all, and the more load the fewer fsyncs an event.
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
  let queue: Pending[] = [];
  let inFlight: Pending[] = [];
  let scheduled = false;
  let broken: Error | undefined;
  let closing: Promise<void> | undefined;
  let drained: (() => void) | undefined;

  const thread = await startCommitThread({ dataDir, signal, check: crashed, onResult: settle, onFatal: fail }).catch(
    (error: unknown) => {
      unlock();
      throw error;
    },
  );
  const db = openLogReader(dataDir);
  const reader = createLogReader(db);
  let { lastPosition, lastOwnPosition } = thread;

  function schedule(): void {
    if (scheduled || inFlight.length > 0) return;
    scheduled = true;
    // After the callback that is running, so that every append it makes shares the commit.
    queueMicrotask(() => {
      scheduled = false;
      commitNext();
    });
  }

  function commitNext(): void {
    if (inFlight.length > 0 || queue.length === 0) return;
    inFlight = queue;
    queue = [];
    thread.commit(inFlight.map(({ append }) => append));
  }

  function settle(result: CommitResult): void {
    const done = inFlight;
    inFlight = [];
    commitNext();
    if (result.kind === 'failed') {
      for (const { reject } of done)
        reject(new EventStoreUnavailableError(`the log cannot be written: ${result.reason}`));
    } else {
      const committed: RecordedEvent[] = [];
      done.forEach((pending, index) => settleOne(pending, result.outcomes[index], committed));
      for (const subscription of live) subscription.push(committed);
      onCommit?.(done.length, lastOwnPosition, committed);
    }
    if (inFlight.length === 0) drained?.();
  }

  function settleOne(
    { append, events, resolve, reject }: Pending,
    outcome: CommitOutcome | undefined,
    committed: RecordedEvent[],
  ): void {
    const { stream, expected, created } = append;
    const first = expected === 'no_stream' ? 0 : expected + 1;
    if (typeof outcome === 'number') {
      const start = outcome - events.length + 1;
      const recorded = events.map(({ id, type, data, metadata }, index) => {
        return { id, type, data, metadata, stream, revision: first + index, position: start + index, created };
      });
      committed.push(...recorded);
      lastPosition = outcome;
      if (isOwn(stream)) lastOwnPosition = outcome;
      resolve({ revision: first + events.length - 1, position: outcome });
    } else if (outcome?.kind === 'repeated') {
      const revision = first + events.length - 1;
      const [last] = reader.readStream(stream, { direction: 'forwards', fromRevision: revision, maxCount: 1 });
      resolve({ revision, position: last?.position ?? 0 });
    } else if (outcome?.kind === 'wrong') {
      reject(new WrongExpectedRevisionError(stream, expected, outcome.actual));
    }
  }

  function fail(error: Error): void {
    broken = error;
    const lost = new EventStoreUnavailableError(`the log is lost: ${error.message}`, { cause: error });
    for (const { reject } of [...inFlight, ...queue]) reject(lost);
    inFlight = [];
    queue = [];
    for (const subscription of live) subscription.end(lost);
    drained?.();
    onFatal(error);
  }

  async function shutDown(): Promise<void> {
    if (inFlight.length > 0 || queue.length > 0) await new Promise<void>((resolve) => (drained = resolve));
    for (const subscription of live) subscription.end();
    if (broken === undefined) await thread.close();
    db.close();
    if (broken === undefined) rmSync(running, { force: true });
    unlock();
  }

  return {
    signal,

    appendToStream(stream: string, events: readonly EventData[], expected: ExpectedRevision) {
      if (broken !== undefined || closing !== undefined) {
        return Promise.reject(new EventStoreUnavailableError('the log is closed', { cause: broken }));
      }
      return new Promise((resolve, reject) => {
        const append = {
          stream,
          expected,
          ids: events.map(({ id }) => id),
          events: encode(events),
          created: Date.now(),
        };
        queue.push({ append, events, resolve, reject });
        schedule();
      });
    },

    readStream: (stream, read) => attempt(() => reader.readStream(stream, read)),

    subscribeToAll(subscribe) {
      const subscription = subscribeLive(reader, () => lastPosition, subscribe);
      return tracked(subscription, live);
    },

    lastPosition: () => Promise.resolve(lastOwnPosition),

    close: () => (closing ??= shutDown()),
  };
}

async function* tracked(
  subscription: LiveSubscription,
  live: Set<LiveSubscription>,
): AsyncGenerator<Awaited<ReturnType<LiveSubscription['batches']['next']>>['value']> {
  live.add(subscription);
  try {
    yield* subscription.batches;
  } finally {
    live.delete(subscription);
  }
}

function encode(events: readonly EventData[]): string {
  return JSON.stringify(events.map(({ id, type, data, metadata }) => [id, type, data, metadata]));
}

async function attempt<T>(read: () => T): Promise<T> {
  try {
    return await Promise.resolve(read());
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SQLITE_ERROR') throw error;
    throw new EventStoreUnavailableError(`the log cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
