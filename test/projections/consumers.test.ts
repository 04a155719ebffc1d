import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer, ConsumerProgress, ConsumerState } from '../../src/projections/consumer.ts';
import { runConsumers } from '../../src/projections/consumers.ts';
import type { ConsumerPlan } from '../../src/projections/consumers.ts';
import { readModelConsumer } from '../../src/projections/read-model-consumer.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import type { Lease } from '../../src/read-model/lease.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { createFakeLease } from '../support/fake-lease.ts';
import { createInMemoryReadModel } from '../support/in-memory-read-model.ts';
import { eventually } from '../support/projection-eventually.ts';
import { sentMany } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { silent } from '../support/silent.ts';
import { createTestConsumer, PassingError } from '../support/test-consumers.ts';

describe('consumers of one log', () => {
  let log: MemoryLog;
  let model: ReadModel;
  let stopping: AbortController;
  let running: Promise<void>;
  let states: Map<string, ConsumerState>;
  let progress: Map<string, ConsumerProgress>;

  beforeEach(() => {
    log = createMemoryLog();
    model = createInMemoryReadModel();
    stopping = new AbortController();
    states = new Map();
    progress = new Map();
    log.push(...sentMany(3));
  });
  afterEach(async () => {
    stopping.abort();
    await running;
  });

  const plan = (consumer: Consumer, lease?: Lease): ConsumerPlan => ({
    name: consumer.name,
    open: () => Promise.resolve({ consumer, lease }),
  });

  /** Runs the read model and these beside it. */
  function start(...others: readonly ConsumerPlan[]): void {
    running = runConsumers({
      store: log,
      plans: [...others, plan(readModelConsumer(model, log))],
      partition: { index: 1, count: 1 },
      signal: stopping.signal,
      log: silent,
      onState: (name, state) => void states.set(name, state),
      onProgress: (name, now) => void progress.set(name, now),
    });
  }

  async function expectReadModelGoesOn(): Promise<void> {
    await eventually(() => states.get('read-model')).toEqual({ kind: 'live' });
    log.push(...sentMany(4, 4));
    await eventually(() => progress.get('read-model')).toMatchObject({ position: 7, events: 7, failures: 0 });
    expect(await model.messages({ conversation: 'dm~a~b', limit: 9 })).toHaveLength(7);
    expect(states.get('read-model')).toEqual({ kind: 'live' });
  }

  it('go on beside one that fails for good, which is named', async () => {
    start(plan(createTestConsumer('broken', () => Promise.reject(new OperatorError('mend me')))));
    await eventually(() => states.get('broken')).toEqual({ kind: 'failed', reason: 'mend me' });
    await expectReadModelGoesOn();
    expect(states.get('broken')).toEqual({ kind: 'failed', reason: 'mend me' });
    expect(progress.get('broken')).toMatchObject({ position: 0, events: 0, failures: 1 });
  });

  it('go on beside one that is tried again for ever, however often it fails', async () => {
    start(plan(createTestConsumer('elsewhere', () => Promise.reject(new PassingError('no answer')))));
    await eventually(() => progress.get('elsewhere')?.failures).toBeGreaterThan(2);
    await expectReadModelGoesOn();
    expect(states.get('elsewhere')).toEqual({ kind: 'retrying', reason: 'no answer' });
  });

  it('go on beside one that takes its time, which comes to the end later', async () => {
    let goOn: (() => void) | undefined;
    const slow = createTestConsumer('slow', () => new Promise((resolve) => (goOn = resolve)));
    start(plan(slow));
    await eventually(() => goOn).toBeDefined();
    await expectReadModelGoesOn();
    expect(progress.get('slow')).toMatchObject({ position: 0, events: 0 });
    await eventually(async () => {
      goOn?.();
      return (await slow.place()).position;
    }).toBe(7);
    expect(progress.get('slow')).toMatchObject({ position: 7, events: 7 });
  });

  it('go on beside one that stands by, and beside one that cannot be opened', async () => {
    const lease = createFakeLease();
    lease.holder = 'another process';
    start(plan(createTestConsumer('shared'), lease), {
      name: 'shut',
      open: () => Promise.reject(new OperatorError('no such server')),
    });
    await eventually(() => states.get('shared')).toEqual({ kind: 'standby', reason: 'held by another process' });
    await eventually(() => states.get('shut')).toEqual({ kind: 'failed', reason: 'no such server' });
    await expectReadModelGoesOn();
  });

  it('are all closed when they are told to end, and their leases given back', async () => {
    const [one, broken] = [
      createTestConsumer('one'),
      createTestConsumer('broken', () => Promise.reject(new OperatorError('no'))),
    ];
    const lease = createFakeLease();
    start(plan(one, lease), plan(broken));
    await eventually(() => lease.held()).toBe(true);
    await eventually(() => broken.closed).toBe(true);
    expect(one.closed).toBe(false);
    stopping.abort();
    await running;
    expect(one.closed).toBe(true);
    expect(lease.held()).toBe(false);
  });
});
