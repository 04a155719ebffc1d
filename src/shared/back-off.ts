/** Milliseconds to wait after so many failures in a row: doubled each time up to a limit, with jitter. */
export function backOff(failures: number, { first = 20, most = 1_000 } = {}): number {
  return Math.min(most, first * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random() / 2);
}
