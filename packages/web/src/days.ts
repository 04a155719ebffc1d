import { useSyncExternalStore } from 'react';
import { dayNumber, untilMidnight } from './day-number.ts';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** A timer to the next midnight; one that slept through it is late, so waking looks again. */
function look(): void {
  clearTimeout(timer);
  timer = setTimeout(look, untilMidnight(Date.now()) + 50);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    look();
    for (const event of ['visibilitychange', 'pageshow', 'focus']) addEventListener(event, look);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearTimeout(timer);
    for (const event of ['visibilitychange', 'pageshow', 'focus']) removeEventListener(event, look);
  };
}

/** Today's number; drawn again at midnight. */
export function useToday(): number {
  return useSyncExternalStore(subscribe, () => dayNumber(Date.now()));
}
