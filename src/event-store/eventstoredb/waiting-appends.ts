import {
  EventStoreUnavailableError,
  lastRevisionOf,
  MisplacedAppendError,
  StreamDeletedError,
  WrongExpectedRevisionError,
} from '../event-store.ts';
import type { AppendResult } from '../event-store.ts';
import type { AppendOutcome, AppendRequest } from './append-protocol.ts';

/** Appends that somebody waits for. They have the same timeout, so one timer does for all: the oldest is due first. */
export interface WaitingAppends {
  size(): number;
  has(key: number): boolean;
  /** Its outcome, told by `settle`, `failAll`, or to be unknown when its time is up. */
  add(append: AppendRequest): Promise<AppendResult>;
  settle(outcome: AppendOutcome): void;
  failAll(error: Error): void;
  /** Resolves once nobody waits. */
  drained(): Promise<void>;
}

interface Waiting extends Pick<AppendRequest, 'stream' | 'expected'> {
  readonly count: number;
  /** By the clock of `performance.now`. */
  readonly deadline: number;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

/** `onExpired`: of these the outcome was just told to be unknown. */
export function createWaitingAppends(timeoutMs: number, onExpired: (keys: readonly number[]) => void): WaitingAppends {
  /** By key, the oldest first. */
  const waiting = new Map<number, Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let drained: (() => void) | undefined;

  function watch(): void {
    const [oldest] = waiting.values();
    if (timer !== undefined || oldest === undefined) return;
    timer = setTimeout(
      // After the answers that are there already: this thread may have been busy for as long as the timeout.
      () => setImmediate(expire),
      Math.max(1, oldest.deadline - performance.now()),
    );
  }

  function expire(): void {
    timer = undefined;
    const now = performance.now();
    const keys: number[] = [];
    for (const [key, append] of waiting) {
      if (append.deadline > now) break;
      keys.push(key);
      waiting.delete(key);
      append.reject(new EventStoreUnavailableError(`no answer to an append within ${timeoutMs} ms`));
    }
    if (keys.length > 0) onExpired(keys);
    if (waiting.size === 0) drained?.();
    watch();
  }

  return {
    size: () => waiting.size,
    has: (key) => waiting.has(key),
    add: ({ key, stream, expected, events: { length: count } }) =>
      new Promise((resolve, reject) => {
        const deadline = performance.now() + timeoutMs;
        waiting.set(key, { stream, expected, count, deadline, resolve, reject });
        watch();
      }),
    settle(outcome) {
      const append = waiting.get(outcome.key);
      if (append === undefined) return;
      waiting.delete(outcome.key);
      settleOne(outcome, append);
      if (waiting.size === 0) drained?.();
    },
    failAll(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      drained?.();
    },
    async drained() {
      if (waiting.size > 0) await new Promise<void>((resolve) => (drained = resolve));
      clearTimeout(timer);
    },
  };
}

function settleOne(outcome: AppendOutcome, { stream, expected, count, resolve, reject }: Waiting): void {
  switch (outcome.kind) {
    case 'appended': {
      const { revision, position } = outcome;
      const last = lastRevisionOf(expected, count);
      if (revision === last) resolve({ revision, position });
      else reject(new MisplacedAppendError(stream, last, revision));
      break;
    }
    case 'wrong':
      reject(new WrongExpectedRevisionError(stream, expected, outcome.actual));
      break;
    case 'deleted':
      reject(new StreamDeletedError(stream));
      break;
    case 'refused':
      reject(new Error(`append to ${stream} refused: ${outcome.reason}`));
      break;
    case 'unavailable':
      reject(new EventStoreUnavailableError(`append refused: ${outcome.reason}`));
  }
}
