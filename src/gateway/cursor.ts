/**
 * A cursor says "I have seen everything up to here" for one user: the position of the feed, in a form that clients
 * have no reason to look into.
 */
const cursorPattern = /^c1-[0-9a-z]{1,11}$/;

export function encodeCursor(position: number): string {
  return `c1-${position.toString(36)}`;
}

/** The position in a cursor; undefined where it is none of ours. */
export function decodeCursor(cursor: string): number | undefined {
  if (!cursorPattern.test(cursor)) return undefined;
  const position = Number.parseInt(cursor.slice(3), 36);
  return Number.isSafeInteger(position) ? position : undefined;
}
