/** Read anew: TypeScript believes that a property stays what it was before an await. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
