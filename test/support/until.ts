import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition; throws where it does not come true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  { withinMs = 20_000, everyMs = 10 } = {},
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await delay(everyMs);
  }
}

/** The promise, or an error that says what was waited for. */
export async function within<T>(promise: Promise<T>, what: string | (() => string), withinMs = 10_000): Promise<T> {
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
