import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createInFlight, runInFlight } from '../../src/commands/in-flight.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  ['back', -3_600_000],
  ['ahead', 3_600_000],
])('a command has its time, where the clock is set %s meanwhile too', async (_where, by) => {
  const inFlight = createInFlight({ maxInFlight: 1, maxInFlightPerUser: 0, commandTimeoutMs: 5_000 });
  const told: unknown[] = [];
  runInFlight(inFlight, 'a', () => new Promise(() => undefined)).catch((error: unknown) => told.push(error));
  vi.setSystemTime(Date.now() + by);
  await vi.advanceTimersByTimeAsync(4_800);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(400);
  expect(told).toMatchObject([{ code: 'STORE_UNAVAILABLE' }]);
  expect(vi.getTimerCount()).toBe(0);
});
