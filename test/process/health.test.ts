import { describe, expect, it } from 'vitest';
import { healthOf } from '../../src/process/health.ts';
import type { HealthDeps } from '../../src/process/health.ts';
import { progressCounter } from '../../src/process/projector.ts';
import { noProgress } from '../../src/projections/consumer.ts';
import type { ConsumerState } from '../../src/projections/consumer.ts';
import { damage } from '../support/projection-documents.ts';
import { createMetrics } from '../../src/shared/metrics.ts';

const live: ConsumerState = { kind: 'live' };
const failed: ConsumerState = { kind: 'failed', reason: 'no' };

function healthWith(states: Readonly<Record<string, ConsumerState>>, given: Partial<HealthDeps> = {}) {
  const progress = { ...noProgress, position: 10 };
  const consumers = new Map(Object.entries(states).map(([name, state]) => [name, { state, progress }]));
  const deps = { gateway: undefined, watch: undefined, reads: true, startPosition: 10, draining: false, damages: [] };
  return healthOf({ ...deps, projector: { consumers }, ...given });
}

describe('the health of a process', () => {
  it('names what stands still, which keeps nobody from being served', () => {
    const damages = Array.from({ length: 12 }, (_, revision) => damage(`user-${revision}`, revision));
    const { ready, checks } = healthWith({ 'read-model': live }, { damages });
    expect(ready).toBe(true);
    expect(checks['damaged']?.ok).toBe(true);
    expect(checks['damaged']?.detail).toMatch(/^user-0 at revision 0, user-1 at revision 1, .*, and 2 more$/);
    expect(healthWith({ 'read-model': live }).checks['damaged']).toBeUndefined();
  });

  it('names each consumer of the log', () => {
    const { ready, checks } = healthWith({ 'read-model': live, webhooks: { kind: 'standby', reason: 'held by x' } });
    expect(ready).toBe(true);
    expect(checks['projection:read-model']).toEqual({ ok: true });
    expect(checks['projection:webhooks']).toEqual({ ok: true, detail: 'standby: held by x' });
  });

  it('is bad where the read model failed, or has not reached where the log was', () => {
    expect(healthWith({ 'read-model': failed })).toMatchObject({
      ready: false,
      checks: { 'projection:read-model': { ok: false, detail: 'failed: no' } },
    });
    expect(healthWith({ 'read-model': live }, { startPosition: 11 })).toMatchObject({
      ready: false,
      checks: { 'projection:read-model': { ok: false, detail: 'at position 10 of 11' } },
    });
  });

  it('is bad where the read model went back, until it is as far as it was or as the log is', () => {
    const well = { logFault: undefined, readModelFault: undefined, stop: () => undefined };
    const freshness = (projected: number, logPosition: number) =>
      healthWith({}, { watch: { ...well, projected, reached: 20, logPosition } }).checks['freshness'];
    expect(freshness(15, 30)).toEqual({ ok: false, detail: 'at position 15 of 20' });
    expect(freshness(20, 30)).toEqual({ ok: true });
    expect(freshness(15, 15)).toEqual({ ok: true });
  });

  it('is good where another consumer failed, which is shown: nothing that is served waits for it', () => {
    expect(healthWith({ 'read-model': live, webhooks: failed })).toMatchObject({
      ready: true,
      checks: { 'projection:webhooks': { ok: false, detail: 'failed: no' } },
    });
  });
});

describe('the metrics of consumers', () => {
  it('are told apart by name', async () => {
    const metrics = createMetrics();
    metrics.logPosition.set(30);
    const count = progressCounter(metrics, { isWatched: false });
    count('read-model', { position: 30, events: 7, unknown: 2, foreign: 1, failures: 0 });
    count('webhooks', { position: 10, events: 3, unknown: 0, foreign: 0, failures: 4 });
    count('read-model', { position: 30, events: 9, unknown: 2, foreign: 1, failures: 0 });
    const lines = (await metrics.registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('weiliao_projection'));
    expect(lines.sort()).toEqual([
      'weiliao_projection_events_total{consumer="read-model"} 9',
      'weiliao_projection_events_total{consumer="webhooks"} 3',
      'weiliao_projection_failures_total{consumer="read-model"} 0',
      'weiliao_projection_failures_total{consumer="webhooks"} 4',
      'weiliao_projection_foreign_events_total{consumer="read-model"} 1',
      'weiliao_projection_foreign_events_total{consumer="webhooks"} 0',
      'weiliao_projection_lag_events{consumer="read-model"} 0',
      'weiliao_projection_lag_events{consumer="webhooks"} 20',
      'weiliao_projection_position{consumer="read-model"} 30',
      'weiliao_projection_position{consumer="webhooks"} 10',
      'weiliao_projection_unknown_events_total{consumer="read-model"} 2',
      'weiliao_projection_unknown_events_total{consumer="webhooks"} 0',
    ]);
  });

  it('leave the position of a read model that others write too to the watch', async () => {
    const metrics = createMetrics();
    const count = progressCounter(metrics, { isWatched: true });
    count('read-model', { ...noProgress, position: 30 });
    count('webhooks', { ...noProgress, position: 20 });
    const { values } = await metrics.projectionPosition.get();
    expect(values.map(({ labels, value }) => [labels.consumer, value])).toEqual([['webhooks', 20]]);
  });
});
