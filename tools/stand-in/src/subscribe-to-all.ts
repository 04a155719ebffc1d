import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from 'weiliao/event-store';
import type { EventFilter } from './filter.ts';
import { resolve } from './link.ts';
import type { Log } from './log.ts';
import { pageSize } from './read-stream.ts';
import { highest } from './requests.ts';
import { caughtUpResponse, checkpointResponse, confirmationResponse, eventResponse } from './responses.ts';
import { createWakeUp } from './wake-up.ts';

export interface AllSubscription {
  /** Exclusive: the last position already had, 0 for all; `end` for what comes. */
  readonly after: number | 'end';
  readonly filter: EventFilter;
  /** Of a filtered subscription. */
  readonly checkpoints?: {
    /** Events looked at in one read of the past. */
    readonly window: number;
    /** Events looked at, wanted or not, from one checkpoint to the next. */
    readonly interval: number;
  };
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
  readonly signal: AbortSignal;
}

/** What EventStoreDB sends as a checkpoint where nothing was sent yet. */
const noPosition = String(highest);

/**
 * The log's events without end: first the past, page by page, then what is written. Who reads so slowly that the newest
 * events are no longer in memory is back in the past, and is told `caughtUp` once more.
 */
export async function* subscribeToAll(log: Log, subscription: AllSubscription): AsyncGenerator<Buffer> {
  const { checkpoints, filter, signal } = subscription;
  const interval = checkpoints?.interval ?? Number.POSITIVE_INFINITY;
  const start = log.lastPosition();
  const wakeUp = createWakeUp(log, signal, checkpoints === undefined ? filter : () => true);
  let position = subscription.after === 'end' ? start : subscription.after;
  let checkpoint = -1;

  const send = (event: RecordedEvent): Buffer =>
    eventResponse(resolve(log, event, subscription.resolveLinks), subscription.structuredIds);

  /** The same checkpoint is never sent twice. */
  function* sendCheckpoint(at: number): Generator<Buffer> {
    if (checkpoints === undefined || at <= checkpoint) return;
    checkpoint = at;
    yield checkpointResponse(at === 0 ? noPosition : at);
  }

  function* catchUp(): Generator<Buffer> {
    const window = checkpoints?.window ?? pageSize;
    const isDue = countUpTo(interval);
    let sent = position;
    // A page begins with the event that was had last: it counts as looked at.
    for (let next = Math.max(position, 1); ;) {
      const page = takePage(log.readAll(next - 1, window), filter);
      for (const event of page.shown) {
        if (event.position <= position) continue;
        yield send(event);
        sent = event.position;
      }
      position = Math.max(position, next - 1 + page.considered);
      if (!page.full && page.considered < window) break;
      if (isDue(page.considered)) yield* sendCheckpoint((sent = Math.max(sent, next)));
      next += page.considered;
    }
    yield* sendCheckpoint(sent);
  }

  async function* live(): AsyncGenerator<Buffer> {
    for (;;) {
      const page = log.readAll(position, pageSize);
      for (const event of page) {
        if (filter(event)) yield send(event);
        if ((event.position - start) % interval === 0) yield* sendCheckpoint(event.position);
        position = event.position;
      }
      if (page.length === 0 && !(await wakeUp.next())) return;
      if (!log.isRecent(position)) return;
    }
  }

  try {
    yield confirmationResponse(randomUUID());
    let caughtUp = position >= start;
    while (!signal.aborted) {
      if (!caughtUp) yield* catchUp();
      yield caughtUpResponse();
      yield* live();
      caughtUp = false;
    }
  } finally {
    wakeUp.end();
  }
}

/** True whenever so many have been counted. */
function countUpTo(limit: number): (count: number) => boolean {
  let counted = 0;
  return (count) => {
    counted += count;
    if (counted < limit) return false;
    counted %= limit;
    return true;
  };
}

interface Page {
  readonly shown: readonly RecordedEvent[];
  readonly considered: number;
  readonly full: boolean;
}

/** A page ends with the event that makes it full. */
function takePage(events: readonly RecordedEvent[], filter: EventFilter): Page {
  const shown: RecordedEvent[] = [];
  for (const [index, event] of events.entries()) {
    if (filter(event)) shown.push(event);
    if (shown.length === pageSize) return { shown, considered: index + 1, full: true };
  }
  return { shown, considered: events.length, full: false };
}
