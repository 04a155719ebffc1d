import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from './log.ts';

/** Waits for the log to grow. */
export interface WakeUp {
  /** Resolves true once something that matters was written since the last call, false when it is over. */
  next(): Promise<boolean>;
  end(): void;
}

/** `matters`: which events are worth waking for. */
export function createWakeUp(log: Log, signal: AbortSignal, matters: (event: RecordedEvent) => boolean): WakeUp {
  let woken = false;
  let wake: (() => void) | undefined;

  function ring(): void {
    woken = true;
    wake?.();
  }

  const stop = log.onWritten((events) => {
    if (!woken && events.some(matters)) ring();
  });
  signal.addEventListener('abort', ring, { once: true });

  return {
    async next() {
      if (!woken && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      woken = false;
      return !signal.aborted;
    },
    end() {
      stop();
      signal.removeEventListener('abort', ring);
    },
  };
}
