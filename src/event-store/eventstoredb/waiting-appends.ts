import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { AppendResult, ExpectedRevision } from '../event-store.ts';
import type { AppendOutcome } from './append-protocol.ts';

/** Appends that somebody waits for. They have the same timeout, so one timer does for all: the oldest is due first. */
export interface WaitingAppends {
  size(): number;
  has(key: number): boolean;
  /** Its outcome, told by `settle`, `failAll`, or to be unknown when its time is up. */
  add(key: number, place: AppendPlace): Promise<AppendResult>;
  settle(outcome: AppendOutcome): void;
  failAll(error: Error): void;
  /** Resolves once nobody waits. */
  drained(): Promise<void>;
}

interface AppendPlace {
  readonly stream: string;
  readonly expected: ExpectedRevision;
}

interface Waiting extends AppendPlace {
  /** By the clock of `performance.now`. */
  readonly deadline: number;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

export interface WaitingOptions {
  readonly timeoutMs: number;
  /** Of these the outcome was just told to be unknown. */
  onExpired(keys: readonly number[]): void;
}

export function createWaitingAppends({ timeoutMs, onExpired }: WaitingOptions): WaitingAppends {
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
    tellWhenDrained();
    watch();
  }

  function tellWhenDrained(): void {
    if (waiting.size > 0) return;
    drained?.();
  }

  return {
    size: () => waiting.size,
    has: (key) => waiting.has(key),
    add: (key, place) =>
      new Promise((resolve, reject) => {
        waiting.set(key, { ...place, deadline: performance.now() + timeoutMs, resolve, reject });
        watch();
      }),
    settle(outcome) {
      const append = waiting.get(outcome.key);
      if (append === undefined) return;
      waiting.delete(outcome.key);
      if (outcome.kind === 'appended') append.resolve({ revision: outcome.revision, position: outcome.position });
      else append.reject(errorOf(outcome, append));
      tellWhenDrained();
    },
    failAll(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      tellWhenDrained();
    },
    async drained() {
      if (waiting.size > 0) await new Promise<void>((resolve) => (drained = resolve));
      clearTimeout(timer);
    },
  };
}

function errorOf(outcome: Exclude<AppendOutcome, { kind: 'appended' }>, { stream, expected }: AppendPlace): Error {
  switch (outcome.kind) {
    case 'wrong':
      return new WrongExpectedRevisionError(stream, expected, outcome.actual);
    case 'refused':
      return new Error(`append to ${stream} refused: ${outcome.reason}`);
    case 'unavailable':
      return new EventStoreUnavailableError(`append refused: ${outcome.reason}`);
  }
}
