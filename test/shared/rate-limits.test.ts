import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMetrics } from '../../src/shared/metrics.ts';
import { createRateLimits } from '../../src/shared/rate-limits.ts';
import { createRefusalLog } from '../../src/shared/refusal-log.ts';
import { createLogger } from '../../src/shared/logger.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('a rate', () => {
  test('lets so many through at once, says when there is one again, and keeps keys apart', () => {
    const rate = createRateLimits(3);
    expect([rate.take('a'), rate.take('a'), rate.take('a')]).toEqual([0, 0, 0]);
    const wait = rate.take('a');
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(334);
    expect(rate.take('b')).toBe(0);
    vi.advanceTimersByTime(wait);
    expect(rate.take('a')).toBe(0);
    expect(rate.take('a')).toBeGreaterThan(0);
  });

  test('is looked at without counting', () => {
    const rate = createRateLimits(1);
    expect([rate.wait('a'), rate.wait('a')]).toEqual([0, 0]);
    rate.take('a');
    expect(rate.wait('a')).toBeGreaterThan(0);
    vi.advanceTimersByTime(1_000);
    expect(rate.wait('a')).toBe(0);
  });

  test('of longer times comes back over all of it', () => {
    const rate = createRateLimits(10, 60_000);
    for (let count = 0; count < 10; count += 1) expect(rate.take('a')).toBe(0);
    expect(rate.take('a')).toBeGreaterThan(5_000);
    vi.advanceTimersByTime(6_000);
    expect(rate.take('a')).toBe(0);
  });

  test('of 0 is no limit', () => {
    const rate = createRateLimits(0);
    for (let count = 0; count < 1_000; count += 1) expect(rate.take('a')).toBe(0);
  });
});

describe('refusals', () => {
  function refusals() {
    const lines: unknown[] = [];
    const logger = Object.assign(createLogger('silent'), { info: (line: unknown) => lines.push(line) });
    const metrics = createMetrics();
    return { lines, metrics, tell: createRefusalLog(logger, metrics) };
  }

  test('are told with their reason, user and address', () => {
    const { lines, tell } = refusals();
    tell('origin', { address: '192.0.2.1' });
    tell('token ended', { user: 'alice', address: '192.0.2.1' });
    expect(lines).toEqual([
      { component: 'door', reason: 'origin', address: '192.0.2.1' },
      { component: 'door', reason: 'token ended', user: 'alice', address: '192.0.2.1' },
    ]);
  });

  test('fill no log: ten lines a second of each reason, then how many were left out; all are counted', async () => {
    const { lines, metrics, tell } = refusals();
    for (let count = 0; count < 1_000; count += 1) tell('origin', { address: '192.0.2.1' });
    tell('version', { address: '192.0.2.1' });
    expect(lines).toHaveLength(11);
    vi.advanceTimersByTime(1_000);
    tell('origin', { address: '192.0.2.1' });
    expect(lines).toHaveLength(12);
    expect(lines.reduce((sum: number, line) => sum + ((line as { untold?: number }).untold ?? 0), 0)).toBe(990);
    const { values } = await metrics.refusals.get();
    expect(values.map(({ labels, value }) => [labels.reason, value])).toEqual([
      ['origin', 1_001],
      ['version', 1],
    ]);
  });
});
