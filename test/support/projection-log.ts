import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { EventBatch, EventStore, RecordedEvent, SubscribeOptions } from '../../src/event-store/event-store.ts';

/** An event of the log before it has a place there. */
export interface Fact {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly schemaVersion?: number;
  readonly lastSeq?: number;
}

export interface MemoryLog extends EventStore {
  /** Puts facts at the end of the log; subscriptions get them. */
  push(...facts: readonly Fact[]): void;
  readonly events: readonly RecordedEvent[];
  /** While true, every call fails as a store does that cannot be reached. */
  down: boolean;
  /** Events in one batch of a subscription, at most. */
  batchSize: number;
}

/** As much of a log as projections use, in memory. Positions grow by `gap`, as those of a real log may. */
export function createMemoryLog({ gap = 1 }: { readonly gap?: number } = {}): MemoryLog {
  const events: RecordedEvent[] = [];
  const revisions = new Map<string, number>();
  let grown = new AbortController();

  function wake(): void {
    grown.abort();
    grown = new AbortController();
  }

  async function* subscribeToAll({ after, prefixes, signal, maxBatch = 1_000 }: SubscribeOptions) {
    let next = events.findIndex(({ position }) => position > after);
    if (next < 0) next = events.length;
    for (let told = false; !signal.aborted; told = true) {
      const end = Math.min(events.length, next + Math.min(maxBatch, log.batchSize));
      const found = events.slice(next, end).filter(({ stream }) => prefixes.some((one) => stream.startsWith(one)));
      if (log.down) throw new EventStoreUnavailableError('down');
      next = end;
      const caughtUp = end === events.length;
      if (found.length > 0 || !told) yield { events: found, caughtUp } satisfies EventBatch;
      if (next === events.length && !isDown()) await abortedEither(signal, grown.signal);
    }
  }

  let down = false;
  const isDown = (): boolean => down;
  const log: MemoryLog = {
    events,
    batchSize: 1_000,
    get down() {
      return down;
    },
    set down(value) {
      down = value;
      wake();
    },
    push(...facts) {
      for (const { stream, type, data, schemaVersion = 1, ...metadata } of facts) {
        const revision = (revisions.get(stream) ?? -1) + 1;
        revisions.set(stream, revision);
        const position = (events.length + 1) * gap;
        const created = 1_700_000_000_000 + position;
        const id = `event-${position}`;
        events.push({ id, type, data, metadata: { schemaVersion, ...metadata }, stream, revision, position, created });
      }
      wake();
    },
    subscribeToAll,
    lastPosition() {
      if (log.down) return Promise.reject(new EventStoreUnavailableError('down'));
      return Promise.resolve(events.at(-1)?.position ?? 0);
    },
    eventAt: (position) => Promise.resolve(events.find((event) => event.position === position)),
    appendToStream: () => Promise.reject(new TypeError('not needed here')),
    readStream(stream, { direction, fromRevision, maxCount }) {
      const backwards = direction === 'backwards';
      const found = events.filter((event) => event.stream === stream);
      const from = fromRevision ?? (backwards ? Infinity : 0);
      const wanted = found.filter(({ revision }) => (backwards ? revision <= from : revision >= from));
      return Promise.resolve((backwards ? wanted.reverse() : wanted).slice(0, maxCount));
    },
    close: () => Promise.resolve(),
  };
  return log;
}

function abortedEither(one: AbortSignal, other: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const either = AbortSignal.any([one, other]);
    if (either.aborted) resolve();
    else either.addEventListener('abort', () => resolve(), { once: true });
  });
}
