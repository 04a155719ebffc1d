import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Landmark } from '../../src/event-store/log-identity.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { assertReadModelOfLog } from '../../src/projections/checkpoint.ts';
import type { ConsumerProgress, ConsumerState } from '../../src/projections/consumer.ts';
import { readModelConsumer } from '../../src/projections/read-model-consumer.ts';
import { runConsumer } from '../../src/projections/runner.ts';
import type { Lease } from '../../src/read-model/lease.ts';
import { emptyBatch, ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { createFakeLease } from '../support/fake-lease.ts';
import { createInMemoryReadModel } from '../support/in-memory-read-model.ts';
import { eventually } from '../support/projection-eventually.ts';
import { read, registered, sent, sentMany, unreadable } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { silent } from '../support/silent.ts';

describe('the projector', () => {
  let log: MemoryLog;
  let model: ReadModel;
  let stopping: AbortController;
  let running: Promise<void>;
  let states: ConsumerState[];
  let progress: ConsumerProgress | undefined;

  beforeEach(() => {
    log = createMemoryLog({ gap: 2 });
    model = createInMemoryReadModel();
    stopping = new AbortController();
    running = Promise.resolve();
    states = [];
    progress = undefined;
  });

  afterEach(async () => {
    stopping.abort();
    await running;
  });

  function start(): void {
    stopping = new AbortController();
    running = runConsumer({
      store: log,
      consumer: readModelConsumer(model, log),
      signal: stopping.signal,
      log: silent,
      backOff: (failures) => failures,
      onState: (state) => void states.push(state),
      onProgress: (now) => (progress = now),
    });
  }

  const state = () => states.at(-1);
  const caughtUp = () => eventually(() => model.checkpoint()).toBe(log.events.at(-1)!.position);

  it('applies what is in the log and what comes', async () => {
    log.push(registered('a'), registered('b'), ...sentMany(3));
    start();
    await caughtUp();
    log.push(read('dm~a~b', 'b', 0, 2), sent('dm~a~b', 4, 'b', 'a'));
    await caughtUp();
    const statuses = (await model.messages({ conversation: 'dm~a~b', after: 0, limit: 10 })).map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([2, 2, 1, 1]);
    expect(await model.users({ limit: 10 })).toHaveLength(2);
    expect(state()).toEqual({ kind: 'live' });
    expect(progress).toMatchObject({ position: log.events.at(-1)!.position, events: 7, unknown: 0, failures: 0 });
  });

  it('goes on after its checkpoint when it starts again', async () => {
    log.push(...sentMany(10));
    start();
    await caughtUp();
    stopping.abort();
    await running;
    log.push(...sentMany(10, 11));
    const apply = vi.spyOn(model, 'apply');
    start();
    await caughtUp();
    expect(apply.mock.calls.map(([, span]) => span)).toMatchObject([{ after: 20, position: 40 }]);
  });

  it('applies a lone event without waiting for others', async () => {
    start();
    await eventually(state).toEqual({ kind: 'live' });
    log.push(sent('dm~a~b', 1, 'a', 'b'));
    await caughtUp();
    expect(progress?.events).toBe(1);
  });

  it('applies many events that come one by one in few batches', async () => {
    const apply = vi.spyOn(model, 'apply');
    start();
    for (const fact of sentMany(300)) {
      log.push(fact);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await caughtUp();
    expect(apply.mock.calls.length).toBeLessThan(100);
  });

  it('takes larger batches while it is far behind, and never leaves a gap between two', async () => {
    log.push(...sentMany(25_000));
    const apply = vi.spyOn(model, 'apply');
    start();
    await caughtUp();
    const spans = apply.mock.calls.map(([, span]) => span);
    expect(spans.length).toBeLessThan(8);
    spans.forEach(({ after }, index) => expect(after).toBe(spans[index - 1]?.position ?? 0));
    expect(states.map(({ kind }) => kind)).toEqual(['starting', 'catching-up', 'live']);
  });

  it('leaves kinds it does not know aside, counts them and goes on', async () => {
    log.push(sent('dm~a~b', 1, 'a', 'b'), { stream: 'conversation-dm~a~b', type: 'NewKind', data: {} });
    log.push({ stream: 'user-a', type: 'NewKind', data: {} });
    start();
    await caughtUp();
    expect(progress).toMatchObject({ events: 3, unknown: 2, foreign: 0, failures: 0 });
  });

  it('counts events of streams that only look like ours apart', async () => {
    log.push(sent('dm~a~b', 1, 'a', 'b'), { stream: 'conversation-of-others', type: 'MessageSent', data: 'theirs' });
    log.push({ stream: 'user-a b', type: 'UserRegistered', data: 'theirs' });
    start();
    await caughtUp();
    expect(progress).toMatchObject({ events: 3, unknown: 0, foreign: 2, failures: 0 });
  });

  it('goes back where another generation is in use that is behind', async () => {
    log.push(...sentMany(5));
    start();
    await caughtUp();
    const before = model;
    model = createInMemoryReadModel();
    Object.assign(before, model);
    await caughtUp();
    expect(await model.messages({ conversation: 'dm~a~b', limit: 9 })).toHaveLength(5);
    expect(progress).toMatchObject({ events: 10, failures: 0 });
  });

  it('asks again for as long as the read model does not answer, and says so meanwhile', async () => {
    log.push(...sentMany(5));
    const apply = vi.spyOn(model, 'apply');
    for (let i = 0; i < 7; i += 1) apply.mockRejectedValueOnce(new ReadModelUnavailableError('disk is full'));
    start();
    await caughtUp();
    expect(progress).toMatchObject({ failures: 7, events: 5 });
    expect(states.map(({ kind }) => kind)).toEqual(['starting', ...Array<string>(7).fill('retrying'), 'live']);
  });

  it('goes on after an error of another kind that comes once, however many came before it that pass', async () => {
    log.push(...sentMany(5));
    const apply = vi.spyOn(model, 'apply');
    for (let i = 0; i < 7; i += 1) apply.mockRejectedValueOnce(new ReadModelUnavailableError('gone'));
    apply.mockRejectedValueOnce(new Error('odd'));
    start();
    await caughtUp();
    expect(progress).toMatchObject({ failures: 8, events: 5 });
    expect(state()).toEqual({ kind: 'live' });
  });

  it('asks again while the log does not answer', async () => {
    log.push(...sentMany(5));
    start();
    await caughtUp();
    log.down = true;
    await eventually(state).toEqual({ kind: 'retrying', reason: 'down' });
    log.push(...sentMany(5, 6));
    log.down = false;
    await caughtUp();
    await eventually(state).toEqual({ kind: 'live' });
  });

  it('goes on behind an event it cannot read, and remembers over a restart what stands still', async () => {
    log.push(...sentMany(3));
    start();
    await caughtUp();
    log.push(unreadable('conversation-dm~a~b'), ...sentMany(3, 5), sent('dm~a~c', 1, 'a', 'c'));
    await caughtUp();
    expect(state()).toEqual({ kind: 'live' });
    stopping.abort();
    await running;
    start();
    log.push(...sentMany(2, 8), sent('dm~a~c', 2, 'a', 'c'));
    await caughtUp();
    const seqs = async (conversation: string) =>
      (await model.messages({ conversation, limit: 9 })).map(({ seq }) => seq);
    expect(await seqs('dm~a~b')).toEqual([3, 2, 1]);
    expect(await seqs('dm~a~c')).toEqual([2, 1]);
    expect(await model.damages(9)).toMatchObject([{ _id: 'conversation-dm~a~b', revision: 3, position: 8 }]);
  });

  it('tries a batch that cannot be applied for as long as that is so, says why, and goes on once it can', async () => {
    log.push(...sentMany(3));
    start();
    await caughtUp();
    const apply = vi.spyOn(model, 'apply').mockRejectedValue(new TypeError('broken'));
    log.push(...sentMany(3, 4));
    await eventually(() => apply.mock.calls.length).toBeGreaterThan(10);
    expect(state()).toEqual({ kind: 'retrying', reason: 'broken' });
    expect(await model.checkpoint()).toBe(6);
    apply.mockRestore();
    await caughtUp();
    await eventually(state).toEqual({ kind: 'live' });
  });

  it('fails at once where the read model is ahead of the log', async () => {
    await model.apply(emptyBatch, { after: 0, position: 100 });
    log.push(...sentMany(3));
    start();
    await running;
    const last = state();
    expect(last?.kind === 'failed' && last.reason).toMatch(/position 100.*ends at 6/);
    expect(await model.checkpoint()).toBe(100);
  });

  it('fails, and applies nothing, where the log was put back to an older state and has grown past its checkpoint since', async () => {
    log.push(...sentMany(3));
    start();
    await caughtUp();
    stopping.abort();
    await running;
    log = createMemoryLog({ gap: 2 });
    log.push(...sentMany(2), registered('c'), ...sentMany(2, 3));
    start();
    await running;
    const last = state();
    expect(last?.kind === 'failed' && last.reason).toMatch(/another event at position 6/);
    expect((await model.messages({ conversation: 'dm~a~b', limit: 10 })).map(({ seq }) => seq)).toEqual([3, 2, 1]);
  });

  it('ends after the batch in hand when it is told to', async () => {
    log.push(...sentMany(5));
    start();
    await caughtUp();
    stopping.abort();
    await running;
    log.push(...sentMany(5, 6));
    expect(await model.checkpoint()).toBe(10);
  });
});

describe('a consumer with a lease', () => {
  let log: MemoryLog;
  let model: ReadModel;
  let stopping: AbortController;
  let running: Promise<void>;
  let states: ConsumerState[];

  beforeEach(() => {
    log = createMemoryLog();
    model = createInMemoryReadModel();
    stopping = new AbortController();
    running = Promise.resolve();
    states = [];
    log.push(...sentMany(3));
  });
  afterEach(async () => {
    stopping.abort();
    await running;
  });

  function start(lease: Lease): void {
    const consumer = readModelConsumer(model, log);
    const onState = (state: ConsumerState) => void states.push(state);
    running = runConsumer({ store: log, consumer, lease, signal: stopping.signal, log: silent, onState });
  }
  const state = () => states.at(-1);

  it('takes it before it applies anything, and gives it back when it ends', async () => {
    const lease = createFakeLease();
    const apply = vi.spyOn(model, 'apply').mockImplementationOnce(() => {
      expect(lease.held()).toBe(true);
      return Promise.reject(new ReadModelUnavailableError('once'));
    });
    start(lease);
    await eventually(() => model.checkpoint()).toBe(3);
    expect(apply).toHaveBeenCalledTimes(2);
    expect(lease.held()).toBe(true);
    stopping.abort();
    await running;
    expect(lease.held()).toBe(false);
  });

  it('stands by while another one holds it, says who that is, and takes over', async () => {
    const lease = createFakeLease();
    lease.holder = 'somebody';
    start(lease);
    await eventually(state).toEqual({ kind: 'standby', reason: 'held by somebody' });
    expect(await model.checkpoint()).toBe(0);
    lease.holder = undefined;
    await eventually(() => model.checkpoint()).toBe(3);
    await eventually(state).toEqual({ kind: 'live' });
  });

  it('stands by where it lost it to another one, though nothing happens', async () => {
    const lease = createFakeLease();
    start(lease);
    await eventually(state).toEqual({ kind: 'live' });
    lease.holder = 'somebody';
    await eventually(state).toEqual({ kind: 'standby', reason: 'held by somebody' });
    log.push(...sentMany(2, 4));
    lease.holder = undefined;
    await eventually(() => model.checkpoint()).toBe(5);
  });

  it('gives it back where it fails for good', async () => {
    const lease = createFakeLease();
    vi.spyOn(model, 'apply').mockRejectedValue(new OperatorError('no'));
    start(lease);
    await running;
    expect(state()).toEqual({ kind: 'failed', reason: 'no' });
    expect(lease.held()).toBe(false);
  });
});

describe('the check at start-up', () => {
  const [stream, log] = ['conversation-dm~a~b', 'this-log'];

  /** A log with the identity `this-log`, then messages at positions 2 and 3. */
  function theLog() {
    const made = createMemoryLog();
    made.push({ stream: '$weiliao-log', type: 'EpochBegan', data: {} }, ...sentMany(2));
    Object.assign(made.events[0]!, { id: log });
    return made;
  }

  /** A read model that stands at this position of the log, where something else may have been. */
  async function check(position: number, changed: Partial<Landmark> = {}, store = theLog()): Promise<string> {
    const { revision, id, created } = store.events[position - 1] ?? { revision: 0, id: '', created: 0 };
    const readModel = createInMemoryReadModel();
    const landmark = { log, stream, revision, id, created, ...changed };
    await readModel.apply(emptyBatch, { after: 0, position, landmark });
    return assertReadModelOfLog({ store, readModel }).then(
      () => 'accepted',
      (error: unknown) => {
        expect(error).toBeInstanceOf(OperatorError);
        expect((error as Error).message).toContain('weiliao rebuild');
        return (error as Error).message;
      },
    );
  }

  it('accepts one that stands at an event which the log holds there, or of which nobody knows', async () => {
    expect(await check(2)).toBe('accepted');
    expect(await check(3)).toBe('accepted');
    expect(await check(3, { log: null })).toBe('accepted');
    const unknown = { place: () => Promise.resolve({ position: 3, landmark: undefined }) };
    await assertReadModelOfLog({ store: theLog(), readModel: unknown });
  });

  it.each([
    ['ahead of the log', 4, {}, /position 4.*ends at 3/],
    ['of another log', 3, { log: 'other-log' }, /of the log other-log.*this is the log this-log/],
    ['that applied another event there', 3, { id: 'other' }, /another event at position 3/],
    ['that applied the same event at another time', 3, { created: 1 }, /another event at position 3/],
    [
      'whose event is at another place',
      3,
      { revision: 0, id: 'event-2', created: 1_700_000_000_002 },
      /another event at position 3/,
    ],
    ['whose stream is shorter now', 3, { revision: 7 }, /another event at position 3/],
    ['whose stream is not there', 3, { stream: 'conversation-dm~a~c' }, /another event at position 3/],
  ])('refuses one %s', async (_which, position, changed, reason) => {
    expect(await check(position, changed)).toMatch(reason);
  });

  it('accepts one whose stream was cut: nobody can tell', async () => {
    const store = theLog();
    store.push({ stream: '$$conversation-dm~a~c', type: '$metadata', data: { $tb: 5 } });
    expect(await check(3, { stream: 'conversation-dm~a~c' }, store)).toBe('accepted');
  });
});
