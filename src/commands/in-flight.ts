import { WeiliaoError } from '../shared/errors.ts';
import { toCommandError } from './command-error.ts';

/** How often deadlines are looked at, in milliseconds. */
const sweepMs = 100;

export interface Waiting {
  /** Whose it is. */
  readonly user: string;
  /** By the clock of `performance.now`, which nobody sets. */
  readonly deadline: number;
  reject(error: WeiliaoError): void;
}

/**
 * Commands without an outcome. Bounded, and each answered in time: whoever waits longer than the timeout is told that
 * the outcome is unknown. One timer for all of them.
 */
export interface InFlight {
  /** Deadline of a command of the user that begins now. Throws `OVERLOADED` where there are too many. */
  begin(user: string): number;
  enter(command: Waiting): void;
  /** False where the command has its outcome already. */
  leave(command: Waiting): boolean;
  idle(): Promise<void>;
  /** How many there are. */
  readonly size: number;
}

export interface InFlightOptions {
  /** Commands in all. */
  readonly maxInFlight: number;
  /** Commands of one user; 0: no limit of its own. */
  readonly maxInFlightPerUser: number;
  /** Milliseconds. */
  readonly commandTimeoutMs: number;
}

export function createInFlight({ maxInFlight, maxInFlightPerUser, commandTimeoutMs }: InFlightOptions): InFlight {
  const shares = maxInFlightPerUser === 0 ? undefined : new Map<string, number>();
  /** Oldest first: all have the same timeout. */
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let whenIdle: (() => void)[] = [];

  function sweep(): void {
    const now = performance.now();
    for (const command of waiting) {
      if (command.deadline > now) break;
      command.reject(noAnswer(commandTimeoutMs));
    }
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    begin(user) {
      if (waiting.size >= maxInFlight) {
        throw new WeiliaoError('OVERLOADED', `${maxInFlight} commands are in flight; try again`);
      }
      if ((shares?.get(user) ?? 0) >= maxInFlightPerUser && shares !== undefined) {
        throw new WeiliaoError('OVERLOADED', `${maxInFlightPerUser} commands of this user are in flight; try again`);
      }
      return performance.now() + commandTimeoutMs;
    },

    enter(command) {
      waiting.add(command);
      shares?.set(command.user, (shares.get(command.user) ?? 0) + 1);
      timer ??= setInterval(sweep, sweepMs).unref();
    },

    leave(command) {
      if (!waiting.delete(command)) return false;
      if (shares !== undefined) release(shares, command.user);
      if (waiting.size === 0 && whenIdle.length > 0) {
        for (const resolve of whenIdle) resolve();
        whenIdle = [];
      }
      return true;
    },

    get size() {
      return waiting.size;
    },

    idle() {
      if (waiting.size === 0) return Promise.resolve();
      return new Promise((resolve) => whenIdle.push(resolve));
    },
  };
}

function release(shares: Map<string, number>, user: string): void {
  const left = (shares.get(user) ?? 1) - 1;
  if (left === 0) shares.delete(user);
  else shares.set(user, left);
}

/** Runs what has no queue under the same limits. Throws `OVERLOADED`, `STORE_UNAVAILABLE` where it takes too long. */
export function runInFlight<T>(inFlight: InFlight, user: string, task: () => Promise<T>): Promise<T> {
  const deadline = inFlight.begin(user);
  return new Promise((resolve, reject) => {
    const entry: Waiting = {
      user,
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

/** The answer to a question that is no command. Throws `STORE_UNAVAILABLE` where there is none in time. */
export async function inTime<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw toCommandError(error);
  } finally {
    clearTimeout(timer);
  }
}

function noAnswer(milliseconds: number): WeiliaoError {
  const message = `no answer from the event store within ${milliseconds} ms; send the same id again`;
  return new WeiliaoError('STORE_UNAVAILABLE', message);
}
