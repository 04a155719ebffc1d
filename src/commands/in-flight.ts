import { WeiliaoError } from '../errors.ts';

/** How often deadlines are looked at, in milliseconds. */
const sweepMs = 100;

interface Waiting {
  readonly deadline: number;
  reject(error: WeiliaoError): void;
}

/**
 * Commands without an outcome. Bounded, and each answered in time: whoever waits longer than the timeout is told that
 * the outcome is unknown. One timer for all of them, none while nothing is in flight.
 */
export interface InFlight {
  readonly size: number;
  /** Runs a command. Throws `OVERLOADED` where there are too many. */
  run<T>(
    start: (deadline: number, resolve: (value: T) => void, reject: (error: WeiliaoError) => void) => void,
  ): Promise<T>;
  idle(): Promise<void>;
}

export function createInFlight(limit: number, timeoutMs: number): InFlight {
  /** Oldest first: all have the same timeout. */
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let whenIdle: (() => void)[] = [];

  function sweep(): void {
    const now = Date.now();
    for (const entry of waiting) {
      if (entry.deadline > now) break;
      const message = `no answer from the event store within ${timeoutMs} ms; send the same id again`;
      entry.reject(new WeiliaoError('STORE_UNAVAILABLE', message));
    }
  }

  function leave(entry: Waiting): boolean {
    if (!waiting.delete(entry)) return false;
    if (waiting.size === 0) {
      clearInterval(timer);
      timer = undefined;
      for (const told of whenIdle) told();
      whenIdle = [];
    }
    return true;
  }

  return {
    get size() {
      return waiting.size;
    },

    run(start) {
      if (waiting.size >= limit) {
        return Promise.reject(new WeiliaoError('OVERLOADED', `${limit} commands are in flight; try again`));
      }
      return new Promise((resolve, reject) => {
        const deadline = Date.now() + timeoutMs;
        const entry: Waiting = {
          deadline,
          reject(error) {
            if (leave(entry)) reject(error);
          },
        };
        waiting.add(entry);
        timer ??= setInterval(sweep, sweepMs);
        start(
          deadline,
          (value) => {
            if (leave(entry)) resolve(value);
          },
          entry.reject,
        );
      });
    },

    idle() {
      if (waiting.size === 0) return Promise.resolve();
      return new Promise((resolve) => whenIdle.push(resolve));
    },
  };
}
