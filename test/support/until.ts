import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds that anything may take which a test waits for: a net for what never comes, and not a claim about how fast
 * it is. A machine with few cores that runs other tests at the same time has to stay well below. Shorter than a test's time.
 */
export const patience = 60_000;

/** Waits for a condition; throws where it does not come true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  { withinMs = patience, everyMs = 10 } = {},
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await delay(everyMs);
  }
}

/** The promise, or an error that says what was waited for. */
export async function within<T>(promise: Promise<T>, what: string | (() => string), withinMs = patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${withinMs} ms in vain for ${typeof what === 'string' ? what : what()}`));
    }, withinMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
