import { callOut } from './emitter.ts';

/** Something to show: what it is now, and word when that changes. Fits React's `useSyncExternalStore`. */
export interface View<T> {
  /** The same reference until something changes. */
  readonly get: () => T;
  /** Calls `listener` after changes, once for all of one turn. Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export interface OwnView<T> extends View<T> {
  /** The function that it returns is true where it ended something. */
  readonly subscribe: (listener: () => void) => () => boolean;
  /** What was computed before is no longer true. */
  readonly changed: () => void;
}

/** `compute` runs when somebody asks after a change. */
export function createView<T>(compute: () => T): OwnView<T> {
  const listeners = new Set<{ readonly listener: () => void }>();
  let kept: { readonly value: T } | undefined;
  let told = true;

  function tell(): void {
    told = true;
    for (const { listener } of [...listeners]) callOut(listener);
  }

  return {
    get: () => (kept ??= { value: compute() }).value,
    subscribe(listener) {
      const entry = { listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    changed() {
      kept = undefined;
      if (!told || listeners.size === 0) return;
      told = false;
      queueMicrotask(tell);
    },
  };
}
