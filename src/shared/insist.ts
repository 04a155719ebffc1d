import { setTimeout as delay } from 'node:timers/promises';
import { backOff } from './back-off.ts';

export interface InsistOptions {
  /** Milliseconds of failures in a row after which the last of them is thrown. */
  readonly withinMs: number;
  /** Ends the pauses: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onFailure?: (error: Error) => void;
}

/** True for a failure that passes by itself. */
export function isTemporary(error: unknown): error is Error {
  return error instanceof Error && 'temporary' in error && error.temporary === true;
}

/** Asks again what fails in a way that passes by itself. Throws every other failure at once. */
export async function insist<T>(ask: () => Promise<T>, options: InsistOptions): Promise<T> {
  const { withinMs, signal, onFailure } = options;
  let failingSince = Infinity;
  for (let failures = 1; ; failures += 1) {
    const askedAt = performance.now();
    try {
      return await ask();
    } catch (error) {
      const now = performance.now();
      // What went well for so long, and fails then, fails for the first time.
      failingSince = now - askedAt > withinMs ? now : Math.min(failingSince, now);
      if (!isTemporary(error) || now - failingSince > withinMs) throw error;
      onFailure?.(error);
      await delay(backOff(failures, { first: 100 }), undefined, signal && { signal });
    }
  }
}
