/** From a supervisor, by Ctrl-C, and from a terminal that is closed. */
const endSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Within so long a second signal is the first one again: npm passes on what the terminal sent to all. Milliseconds. */
const sameWishMs = 1_000;

/**
 * Calls `wish` at the first signal that asks the process to end. A second wish, a second later, ends it at once with
 * exit 1. Takes the place of whoever listened before. Returns the function that stops listening.
 */
export function onEndWish(wish: (signal: NodeJS.Signals) => void): () => void {
  let since: number | undefined;
  const hear = (signal: NodeJS.Signals): void => {
    if (since === undefined) {
      since = performance.now();
      wish(signal);
    } else if (performance.now() - since > sameWishMs) process.exit(1);
  };
  for (const signal of endSignals) {
    const others = process.listeners(signal);
    // Before the others go: without anybody who listens, a signal that has just come would be lost.
    process.on(signal, hear);
    for (const other of others) process.off(signal, other);
  }
  return () => {
    for (const signal of endSignals) process.off(signal, hear);
  };
}
