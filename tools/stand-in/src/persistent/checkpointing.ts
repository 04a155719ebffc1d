import type { GroupMessage } from './consumer.ts';
import type { GroupConfig } from './settings.ts';

/** When a group writes down how far it is: by the number of events done, or now and then where they are few. */
export interface Checkpointing {
  /** The newest checkpoint; undefined where there is none. */
  readonly last: number | undefined;
  /** Goes on from a checkpoint that was kept. */
  load(place: number): void;
  /** `pending`: the first event that is not done. `reached`: how far the group has read. */
  check(
    pending: GroupMessage['place'],
    reached: { readonly place: number; readonly sequence: number },
    byTime: boolean,
  ): void;
}

export interface CheckpointingOptions {
  readonly config: Pick<GroupConfig, 'checkPointAfter' | 'minCheckPointCount' | 'maxCheckPointCount'>;
  write(place: number): void;
}

export function createCheckpointing({ config, write }: CheckpointingOptions): Checkpointing {
  const { minCheckPointCount, maxCheckPointCount } = config;
  const afterMs = config.checkPointAfter === 0 ? Number.POSITIVE_INFINITY : config.checkPointAfter;
  let last: number | undefined;
  let lastSequence = -1;
  let lastTime = Number.NEGATIVE_INFINITY;
  return {
    get last() {
      return last;
    },
    load(place) {
      last = place;
    },
    check(pending, reached, byTime) {
      const doneUpTo = pending === undefined ? reached.sequence - 1 : pending.sequence - 1;
      const done = doneUpTo - lastSequence;
      if (doneUpTo < 0 || done <= 0) return;
      const now = Date.now();
      if (now - lastTime < afterMs && done < maxCheckPointCount) return;
      if (done < maxCheckPointCount && !(byTime && done >= minCheckPointCount)) return;
      last = pending === undefined ? reached.place : pending.previous;
      lastSequence = doneUpTo;
      lastTime = now;
      write(last);
    },
  };
}
