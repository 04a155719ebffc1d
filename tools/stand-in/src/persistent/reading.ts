import { originalOf } from '../responses.ts';
import type { GroupMessage } from './consumer.ts';
import type { Source } from './source.ts';

/** How far a group has read its source. */
export interface Reading {
  readonly place: number;
  /** Counts the events that it came to. */
  readonly sequence: number;
  /** All there was is read. */
  readonly live: boolean;
  /** Of the last event that its filter let through. */
  readonly lastKnown: number | undefined;
  /** Something that matters was written. */
  grown(): void;
  /** Reads on, a batch at a time, as far as there is room for more than one. */
  readOn(room: () => number, take: (message: GroupMessage) => void): void;
}

export function createReading(source: Source, from: number, batchSize: number): Reading {
  const state: { -readonly [Key in 'place' | 'sequence' | 'live' | 'lastKnown']: Reading[Key] } = {
    place: from,
    sequence: 0,
    live: false,
    lastKnown: undefined,
  };
  let grown = true;

  function readBatch(take: (message: GroupMessage) => void): void {
    const events = source.after(state.place, batchSize);
    state.live = events.length < batchSize;
    for (const { at, resolved } of events) {
      if (resolved !== undefined) {
        const place = { at, previous: state.place, sequence: state.sequence };
        take({ id: originalOf(resolved).id, resolved, retryCount: 0, place });
        state.lastKnown = at;
      }
      state.place = at;
      state.sequence += 1;
    }
  }

  return Object.assign(state, {
    grown() {
      grown = true;
    },
    readOn(room: () => number, take: (message: GroupMessage) => void) {
      if (state.live && !grown) return;
      grown = false;
      while (room() > batchSize) {
        readBatch(take);
        if (state.live) return;
      }
      state.live = false;
      grown = true;
    },
  });
}
