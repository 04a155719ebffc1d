import type { RecordedEvent } from 'weiliao/event-store';
import type { EventFilter } from './filter.ts';
import type { Log } from './log.ts';
import { pageSize } from './read-stream.ts';

export interface AllRead {
  readonly direction: 'forwards' | 'backwards';
  /** Forwards the first event's position or a lower one; backwards that of the event before which to begin. */
  readonly from: number | 'end';
  readonly maxCount: number;
  readonly filter: EventFilter;
}

/** Pages of the log, at most `maxCount` events that the filter lets through. */
export function* readAll(log: Log, read: AllRead): Generator<readonly RecordedEvent[]> {
  const { direction, maxCount, filter } = read;
  const end = log.lastPosition() + 1;
  let next = read.from === 'end' ? end : read.from;
  for (let left = maxCount; left > 0;) {
    const page = direction === 'forwards' ? log.readAll(next - 1, pageSize) : log.readAllBackwards(next, pageSize);
    const last = page.at(-1);
    if (last === undefined) return;
    next = direction === 'forwards' ? last.position + 1 : last.position;
    const shown = page.filter(filter).slice(0, left);
    left -= shown.length;
    yield shown;
  }
}
