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
    const caughtUp =
      events.length < maxBatch && reader.readAll(events.at(-1)?.position ?? position, prefixes, 1).length === 0;
    position = events.at(-1)?.position ?? position;
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
  let waiting: RecordedEvent[] = [];
  let ended = false;
  const failures: Error[] = [];
  let wake: (() => void) | undefined;

  function wakeUp(): void {
    wake?.();
    wake = undefined;
  }

  function end(error?: Error): void {
    ended = true;
    if (error !== undefined) failures.push(error);
    wakeUp();
  }

  function push(events: readonly RecordedEvent[]): void {
    if (!live) return;
    for (const event of events) {
      if (event.position > position && prefixes.some((prefix) => event.stream.startsWith(prefix))) waiting.push(event);
    }
    if (waiting.length > maxWaiting) {
      waiting = [];
      live = false;
    }
    wakeUp();
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

  const isOver = (): boolean => ended || signal.aborted;

  async function* run(): AsyncGenerator<EventBatch> {
    let told = false;
    const stop = (): void => end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!isOver()) {
        if (!live) {
          const batch = catchUp();
          if (batch.events.length > 0 || !told) yield batch;
          told = batch.caughtUp;
          continue;
        }
        if (waiting.length === 0) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        const events = waiting.length <= maxBatch ? waiting : waiting.slice(0, maxBatch);
        waiting = waiting.slice(events.length);
        position = events.at(-1)?.position ?? position;
        yield { events, caughtUp: waiting.length === 0 };
      }
      for (const failure of failures) throw failure;
    } finally {
      ended = true;
      signal.removeEventListener('abort', stop);
    }
  }

  return { push, end, batches: run() };
}
