import { setTimeout as delay } from 'node:timers/promises';
import { isAborted } from './abort.ts';
import { backOff } from './back-off.ts';

export interface FollowOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** It ended or failed, not by the signal; `error` is undefined where it ended by itself. */
  onLost(error: unknown): void;
}

/** Longest pause between two attempts to follow the log again, and the shortest, in milliseconds. */
export const followPause = { first: 50, most: 2_000 };

/** Follows something until the signal, and again when it is lost. The pauses grow until `follow` calls `went`. */
export async function followAgain(
  follow: (went: () => void) => Promise<void>,
  { signal, onLost }: FollowOptions,
): Promise<void> {
  let failures = 0;
  const went = (): void => void (failures = 0);
  while (!isAborted(signal)) {
    const error: unknown = await follow(went).catch((reason: unknown) => reason);
    if (isAborted(signal)) return;
    onLost(error);
    failures += 1;
    await delay(backOff(failures, followPause), undefined, { signal }).catch(() => undefined);
  }
}
