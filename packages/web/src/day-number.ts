/** Days since 1970 by the clock of the place, also where its days have 23 or 25 hours. */
export function dayNumber(at: number | Date): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** Milliseconds to the next midnight of the place. */
export function untilMidnight(now: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime() - now;
}
