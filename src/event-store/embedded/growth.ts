import { setTimeout as delay } from 'node:timers/promises';
import type { Growth } from './subscription.ts';

/** How often a log is looked at where its writer is another process, in milliseconds. */
const pollMs = 50;

/** The log grew when the writer's counter moved: followers in the writer's process wait without polling. */
export function growthBySignal(signal: SharedArrayBuffer): Growth {
  const counter = new Int32Array(signal);
  return {
    mark: () => Atomics.load(counter, 0),
    async waitBeyond(mark, aborted) {
      if (aborted.aborted) return;
      const waiting = Atomics.waitAsync(counter, 0, mark);
      if (!waiting.async) return;
      const stop = (): void => void Atomics.notify(counter, 0);
      aborted.addEventListener('abort', stop, { once: true });
      await waiting.value;
      aborted.removeEventListener('abort', stop);
    },
  };
}

export function growthByPolling(): Growth {
  return {
    mark: () => 0,
    async waitBeyond(_mark, signal) {
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    },
  };
}
