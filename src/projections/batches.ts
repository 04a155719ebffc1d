import type { EventBatch, RecordedEvent } from '../event-store/event-store.ts';
import type { Partition } from '../shared/config.ts';
import { holds } from './partition.ts';

/** Events to be applied in one go. */
export interface Batch {
  readonly events: readonly RecordedEvent[];
  /** Of the newest event seen: those of other shares count too. */
  readonly position: number;
  /** That event; undefined where none was seen yet. */
  readonly newest: RecordedEvent | undefined;
  /** Nothing more was in the log when the batch was made. */
  readonly caughtUp: boolean;
}

/** Events in one batch: while live, and while far behind, where throughput is all that counts. */
const liveBatch = 1_000;
const catchUpBatch = 10_000;

/** Collects what a subscription gives into batches of a share's events. The next is made once one was taken. */
export async function* batchesOf(
  subscription: AsyncIterable<EventBatch>,
  after: number,
  partition: Partition,
): AsyncGenerator<Batch> {
  let waiting: RecordedEvent[] = [];
  let position = after;
  let newest: RecordedEvent | undefined;
  let seen = 0;
  let behind = true;
  for await (const { events, caughtUp } of subscription) {
    const mine = partition.count === 1 ? events : events.filter(({ stream }) => holds(partition, stream));
    waiting = waiting.length === 0 ? [...mine] : waiting.concat(mine);
    newest = events.at(-1) ?? newest;
    position = newest?.position ?? position;
    seen += events.length;
    if (!caughtUp && seen < (behind ? catchUpBatch : liveBatch)) continue;
    behind = !caughtUp;
    yield { events: waiting, position, newest, caughtUp };
    waiting = [];
    seen = 0;
  }
}

/**
 * Under load at most one write in this time, in milliseconds, and a pause as long as the write took: the more load, the
 * larger the batches, and the less each event costs.
 */
const writeEvery = 50;

/** Milliseconds to rest after a write that took so long, while live. */
export function restAfter(took: number): number {
  return Math.max(writeEvery - took, took);
}
