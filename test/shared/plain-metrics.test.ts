import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createReading, createTallies } from '../../src/shared/plain-metrics.ts';

test('a distribution is shown as Prometheus wants it: what is at most a bound, the sum, the count', async () => {
  const registry = new Registry();
  const tallies = createTallies(registry, { name: 't', help: 'h', labelNames: ['of'], buckets: [1, 2] });
  const tally = tallies.of('a "b"');
  for (const value of [0.5, 1, 1.5, 7]) tally.observe(value);
  expect(tallies.of('a "b"')).toBe(tally);
  expect(await registry.metrics()).toBe(
    [
      '# HELP t h',
      '# TYPE t histogram',
      't_bucket{of="a \\"b\\"",le="1"} 2',
      't_bucket{of="a \\"b\\"",le="2"} 3',
      't_bucket{of="a \\"b\\"",le="+Inf"} 4',
      't_sum{of="a \\"b\\""} 10',
      't_count{of="a \\"b\\""} 4',
      '',
    ].join('\n'),
  );
});

test('a reading is asked for when it is shown, and has no value before there is somebody to ask', async () => {
  const registry = new Registry();
  const reading = createReading(registry, { type: 'gauge', name: 'r', help: 'h' });
  expect(await registry.metrics()).toBe('# HELP r h\n# TYPE r gauge\n');
  let now = 1;
  reading.from(() => now);
  now = 2;
  expect(await registry.metrics()).toContain('\nr 2\n');
  reading.from(() => Promise.resolve([{ value: 3, labels: { place: '1' } }]));
  expect(await registry.metrics()).toContain('\nr{place="1"} 3\n');
});
