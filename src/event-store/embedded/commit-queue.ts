import { EventStoreUnavailableError, lastRevisionOf, WrongExpectedRevisionError } from '../event-store.ts';
import type { AppendResult, EventData, ExpectedRevision, RecordedEvent } from '../event-store.ts';
import type { CommitAppend, CommitOutcome } from './commit-protocol.ts';
import type { CommitResult } from './commit-thread.ts';

/**
 * Appends on their way into the log. While a commit is in flight, others gather and then go out together: one fsync
 * serves them all, and the more load the fewer fsyncs an event.
 */
export interface CommitQueue {
  append(stream: string, events: readonly EventData[], expected: ExpectedRevision): Promise<AppendResult>;
  /** What became of the commit in flight. */
  settle(result: CommitResult): void;
  /** Nothing of what waits will ever be written. */
  failAll(error: Error): void;
  /** Resolves once nothing is on its way. */
  drained(): Promise<void>;
}

export interface CommitQueueOptions {
  /** Starts one commit; its result goes to `settle`. */
  commit(appends: readonly CommitAppend[]): void;
  /** How many appends shared the commit, and what was written, in order. */
  onCommitted(appends: number, events: readonly RecordedEvent[]): void;
  /** Position of an event that is in the log. */
  positionOf(stream: string, revision: number): number;
}

interface Pending {
  readonly append: CommitAppend;
  readonly events: readonly EventData[];
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

export function createCommitQueue({ commit, onCommitted, positionOf }: CommitQueueOptions): CommitQueue {
  let queue: Pending[] = [];
  let inFlight: Pending[] = [];
  let scheduled = false;
  let drained: (() => void) | undefined;

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
    commit(inFlight.map(({ append }) => append));
  }

  return {
    append: (stream, events, expected) =>
      new Promise((resolve, reject) => {
        const ids = events.map(({ id }) => id);
        const append = { stream, expected, ids, events: encode(events), created: Date.now() };
        queue.push({ append, events, resolve, reject });
        schedule();
      }),

    settle(result) {
      const done = inFlight;
      inFlight = [];
      commitNext();
      if (result.kind === 'failed') {
        const error = new EventStoreUnavailableError(`the log cannot be written: ${result.reason}`);
        for (const { reject } of done) reject(error);
      } else {
        const { outcomes } = result;
        const committed: RecordedEvent[] = [];
        for (const [index, pending] of done.entries()) {
          committed.push(...settleOne(pending, outcomes[index], positionOf));
        }
        onCommitted(done.length, committed);
      }
      if (inFlight.length === 0) drained?.();
    },

    failAll(error) {
      for (const { reject } of [...inFlight, ...queue]) reject(error);
      inFlight = [];
      queue = [];
      drained?.();
    },

    async drained() {
      if (inFlight.length > 0 || queue.length > 0) await new Promise<void>((resolve) => (drained = resolve));
    },
  };
}

/** Tells who waits; the events where they were written now. */
function settleOne(
  pending: Pending,
  outcome: CommitOutcome | undefined,
  positionOf: CommitQueueOptions['positionOf'],
): readonly RecordedEvent[] {
  const { append, events, resolve, reject } = pending;
  const { stream, expected } = append;
  const revision = lastRevisionOf(expected, events.length);
  if (typeof outcome === 'number') {
    resolve({ revision, position: outcome });
    return recordedOf(pending, outcome);
  }
  if (outcome?.kind === 'repeated') resolve({ revision, position: positionOf(stream, revision) });
  else if (outcome?.kind === 'wrong') reject(new WrongExpectedRevisionError(stream, expected, outcome.actual));
  return [];
}

/** `position`: that of the last event. */
function recordedOf({ append, events }: Pending, position: number): RecordedEvent[] {
  const { stream, expected, created } = append;
  const first = lastRevisionOf(expected, 1);
  const start = position - events.length + 1;
  return events.map(({ id, type, data, metadata }, index) => {
    return { id, type, data, metadata, stream, revision: first + index, position: start + index, created };
  });
}

function encode(events: readonly EventData[]): string {
  return JSON.stringify(events.map(({ id, type, data, metadata }) => [id, type, data, metadata]));
}
