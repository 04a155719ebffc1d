const first = 100;
const longest = 5_000;

/** Milliseconds to wait before try `n` + 1: doubled each time up to 5 s, and up to half of it taken off by chance. */
export function backOff(failures: number): number {
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 16));
  return full * (1 - Math.random() / 2);
}
