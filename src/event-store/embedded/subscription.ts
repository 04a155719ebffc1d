import type { EventBatch, RecordedEvent, SubscribeOptions } from '../event-store.ts';
import type { LogReader } from './log-reader.ts';

/** Resolves when the log may have grown since `seen` was read, or when the signal aborts. */
export interface Growth {
  /** A mark to wait on, taken before the log is read. */
  mark(): number;
  waitBeyond(mark: number, signal: AbortSignal): Promise<void>;
}

const defaultBatch = 1_000;

/** Reads the log from a position on, without end, waiting for it to grow. For readers beside the writer. */
export async function* followLog(
  reader: LogReader,
  growth: Growth,
  { after, prefixes, signal, maxBatch = defaultBatch }: SubscribeOptions,
): AsyncGenerator<EventBatch> {
  let position = after;
  let told = false;
  while (!signal.aborted) {
    const mark = growth.mark();
    const events = reader.readAll(position, prefixes, maxBatch);
    position = events.at(-1)?.position ?? position;
    const caughtUp = events.length < maxBatch && reader.readAll(position, prefixes, 1).length === 0;
    if (events.length > 0 || !told) yield { events, caughtUp };
    told = caughtUp;
    if (caughtUp) await growth.waitBeyond(mark, signal);
  }
}

/** One live reader inside the writing process: it gets events from memory, right after their commit. */
export interface LiveSubscription {
  push(events: readonly RecordedEvent[]): void;
  end(error?: Error): void;
  readonly batches: AsyncGenerator<EventBatch>;
}

/** Events that may wait for a slow consumer in memory; beyond that they are let go and read from the log again. */
const maxWaiting = 20_000;

/**
 * Reads the log up to its end, then goes on with what `push` brings. Exactly once, in order: the switch happens in one
 * synchronous step, when the log's newest position is the one that was read last.
 */
export function subscribeLive(
  reader: LogReader,
  lastPosition: () => number,
  { after, prefixes, signal, maxBatch = defaultBatch }: SubscribeOptions,
): LiveSubscription {
  let position = after;
  let live = false;
  const inbox = createInbox();

  function push(events: readonly RecordedEvent[]): void {
    if (!live) return;
    const wanted: RecordedEvent[] = [];
    for (const event of events) {
      if (event.position > position && prefixes.some((prefix) => event.stream.startsWith(prefix))) wanted.push(event);
    }
    live = inbox.add(wanted);
  }

  function catchUp(): EventBatch {
    const limit = lastPosition();
    const events = reader.readAll(position, prefixes, maxBatch).filter((event) => event.position <= limit);
    position = events.at(-1)?.position ?? position;
    live = events.length < maxBatch && limit === lastPosition() && caughtUpTo(limit);
    return { events, caughtUp: live };
  }

  function caughtUpTo(limit: number): boolean {
    const more = reader.readAll(position, prefixes, 1)[0];
    return more === undefined || more.position > limit;
  }

  async function* run(): AsyncGenerator<EventBatch> {
    let told = false;
    const stop = (): void => inbox.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!inbox.isOver() && !signal.aborted) {
        const behind = !live;
        const batch = behind ? catchUp() : await inbox.take(maxBatch);
        position = batch.events.at(-1)?.position ?? position;
        if (batch.events.length > 0 || (behind && !told)) yield batch;
        if (behind) told = batch.caughtUp;
      }
      inbox.throwFailure();
    } finally {
      inbox.end();
      signal.removeEventListener('abort', stop);
    }
  }

  return { push, end: inbox.end, batches: run() };
}

/** Events that wait in memory for their reader. */
interface Inbox {
  /** False: they were too many, and all that waited was let go. */
  add(events: readonly RecordedEvent[]): boolean;
  /** The first of them, once there are some; none where they were let go, or where it is over. */
  take(most: number): Promise<EventBatch>;
  end(error?: Error): void;
  isOver(): boolean;
  throwFailure(): void;
}

function createInbox(): Inbox {
  let waiting: RecordedEvent[] = [];
  let over = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;

  return {
    add(events) {
      waiting.push(...events);
      const fits = waiting.length <= maxWaiting;
      if (!fits) waiting = [];
      wake?.();
      return fits;
    },
    async take(most) {
      if (waiting.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
      const events = waiting.splice(0, most);
      return { events, caughtUp: waiting.length === 0 };
    },
    end(error) {
      over = true;
      failure ??= error;
      waiting = [];
      wake?.();
    },
    isOver: () => over,
    throwFailure() {
      if (failure !== undefined) throw failure;
    },
  };
}
