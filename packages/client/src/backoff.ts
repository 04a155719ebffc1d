const firstMs = 500;
const longestMs = 20_000;

/**
 * Milliseconds before try `attempt` (0, 1, 2 …): exponential with full jitter, anywhere between 0 and 0.5 × 2^attempt
 * seconds, 20 at most, so that many clients that lost one server do not come back in step.
 */
export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30));
}

/** Ends early with the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}
