export interface BackoffOptions {
  /** Longest first delay, milliseconds. Default 500. */
  readonly baseMs?: number;
  /** Longest delay ever, milliseconds. Default 30,000. */
  readonly maxMs?: number;
  /** 0 ≤ x < 1. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Exponential back-off with full jitter: the delay before try `attempt` (0, 1, 2 …) is anywhere between 0 and
 * `base × 2^attempt`, so that many clients that lost one server do not come back in step.
 */
export function createBackoff(options: BackoffOptions = {}): (attempt: number) => number {
  const { baseMs = 500, maxMs = 30_000, random = Math.random } = options;
  return (attempt) => random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
}
