import { expect } from 'vitest';
import { patience } from './until.ts';

/** Expects something of a value that may take its time to come true, on a busy machine too. */
export function eventually<T>(value: () => T) {
  return expect.poll(value, { timeout: patience, interval: 10 });
}
