import { setTimeout as delay } from 'node:timers/promises';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import { backOff } from '../shared/back-off.ts';
import { damaged } from './command-error.ts';

/** Conflicts of one append before it is given up. */
const maxConflicts = 20;
/** Conflicts in a row after which nothing new was to be read: the store hides what it counts, and will not stop to. */
const maxStalled = 12;
/** Milliseconds between conflicts, from the second one on: two processes that write to one stream get out of step. */
const conflictPause = { first: 1, most: 128 };

export interface ConflictDeps {
  /** Newest revision known of the stream. */
  revision(): number;
  /** Reads on up to the stream's end. */
  catchUp(): Promise<void>;
  onConflict?(): void;
}

/** What is done after a failed append: where it was a conflict, catching up. Throws what is none, and where there were too many. */
export function createConflicts({ revision, catchUp, onConflict }: ConflictDeps): (error: unknown) => Promise<void> {
  let conflicts = 0;
  let stalled = 0;
  return async (error) => {
    if (!(error instanceof WrongExpectedRevisionError) || conflicts >= maxConflicts) throw error;
    conflicts += 1;
    onConflict?.();
    if (conflicts > 1) await delay(backOff(conflicts, conflictPause));
    const before = revision();
    await catchUp();
    stalled = revision() === before ? stalled + 1 : 0;
    if (stalled >= maxStalled) throw damaged(`${error.message}, but nothing more can be read of it`, error);
  };
}
