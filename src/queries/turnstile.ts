/** Milliseconds that queries may take at a stretch; one that takes longer by itself is a stretch of its own. */
const stretchMs = 4;

/**
 * Gives queries their turns, in the order in which they come: at most four milliseconds at a stretch, and then as long a
 * pause. A query reads and writes its answer in one go, so many of them back to back would hold up every socket of the
 * process for as long as they take together. Between two stretches a message is stored and delivered.
 */
export function createTurnstile(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let underWay = false;

  function stretch(): void {
    const begun = performance.now();
    const next = (): void => {
      const used = performance.now() - begun;
      const enter = used < stretchMs ? waiting.shift() : undefined;
      if (enter !== undefined) {
        enter();
        // Comes when all is done that follows from this one without waiting for anything.
        queueMicrotask(() => process.nextTick(next));
      } else if (used >= stretchMs) setTimeout(stretch, used);
      else underWay = false;
    };
    next();
  }

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (underWay) return;
      underWay = true;
      setImmediate(stretch);
    });
}
