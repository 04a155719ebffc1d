import type { RecordedEvent } from 'weiliao/event-store';

/** Events kept in memory: those who follow the log share them, and what is made of them, instead of reading it each. */
const kept = 4_096;

/** The newest events of the log. Positions have no gaps, so an event is found by counting. */
export interface Tail {
  /** What was just written, in order. */
  push(events: readonly RecordedEvent[]): void;
  /** The first events after a position, or nothing where they are no longer here. */
  after(position: number, limit: number): readonly RecordedEvent[] | undefined;
  /** The one at this position, where it is here. */
  at(position: number): RecordedEvent | undefined;
}

/** `last`: position of the newest event of a log that was just opened. */
export function createTail(last: number): Tail {
  let events: RecordedEvent[] = [];
  let before = last;
  return {
    push(written) {
      events.push(...written);
      if (events.length > 2 * kept) {
        before += events.length - kept;
        events = events.slice(-kept);
      }
    },
    after(position, limit) {
      if (position < before) return undefined;
      return events.slice(position - before, position - before + limit);
    },
    at: (position) => (position > before ? events[position - before - 1] : undefined),
  };
}
