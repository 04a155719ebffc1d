import { WeiliaoError } from '../shared/errors.ts';
import { toCommandError } from './command-error.ts';

/** How often deadlines are looked at, in milliseconds. */
const sweepMs = 100;

export interface Waiting {
  /** Epoch milliseconds. */
  readonly deadline: number;
  reject(error: WeiliaoError): void;
}

/**
 * Commands without an outcome. Bounded, and each answered in time: whoever waits longer than the timeout is told that
 * the outcome is unknown. One timer for all of them.
 */
export interface InFlight {
  /** Deadline of a command that begins now. Throws `OVERLOADED` where there are too many. */
  begin(): number;
  enter(command: Waiting): void;
  /** False where the command has its outcome already. */
  leave(command: Waiting): boolean;
  idle(): Promise<void>;
}

export function createInFlight(limit: number, timeoutMs: number): InFlight {
  /** Oldest first: all have the same timeout. */
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let whenIdle: (() => void)[] = [];

  function sweep(): void {
    const now = Date.now();
    for (const command of waiting) {
      if (command.deadline > now) break;
      const message = `no answer from the event store within ${timeoutMs} ms; send the same id again`;
      command.reject(new WeiliaoError('STORE_UNAVAILABLE', message));
    }
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    begin() {
      if (waiting.size >= limit) throw new WeiliaoError('OVERLOADED', `${limit} commands are in flight; try again`);
      return Date.now() + timeoutMs;
    },

    enter(command) {
      waiting.add(command);
      timer ??= setInterval(sweep, sweepMs).unref();
    },

    leave(command) {
      if (!waiting.delete(command)) return false;
      if (waiting.size === 0 && whenIdle.length > 0) {
        for (const resolve of whenIdle) resolve();
        whenIdle = [];
      }
      return true;
    },

    idle() {
      if (waiting.size === 0) return Promise.resolve();
      return new Promise((resolve) => whenIdle.push(resolve));
    },
  };
}

/** Runs what has no queue under the same limits. Throws `OVERLOADED`, `STORE_UNAVAILABLE` where it takes too long. */
export function runInFlight<T>(inFlight: InFlight, task: () => Promise<T>): Promise<T> {
  const deadline = inFlight.begin();
  return new Promise((resolve, reject) => {
    const entry: Waiting = {
      deadline,
      reject(error) {
        if (inFlight.leave(entry)) reject(error);
      },
    };
    inFlight.enter(entry);
    task().then(
      (value) => {
        if (inFlight.leave(entry)) resolve(value);
      },
      (error: unknown) => entry.reject(toCommandError(error)),
    );
  });
}
