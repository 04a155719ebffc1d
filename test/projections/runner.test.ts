import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperatorError } from '../../src/shared/errors.ts';
import { assertReadModelNotAhead } from '../../src/projections/checkpoint.ts';
import { runProjector } from '../../src/projections/runner.ts';
import type { ProjectorProgress, ProjectorState } from '../../src/projections/runner.ts';
import { ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { eventually } from '../support/projection-eventually.ts';
import { emptyBatch } from '../support/projection-documents.ts';
import { read, registered, sent, sentMany } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { makeModelFolder, silent } from '../support/projection-model.ts';
import type { ModelFolder } from '../support/projection-model.ts';

describe('the projector', () => {
  let folder: ModelFolder;
  let log: MemoryLog;
  let model: ReadModel;
  let stopping: AbortController;
  let running: Promise<void>;
  let states: ProjectorState[];
  let progress: ProjectorProgress | undefined;

  beforeEach(async () => {
    folder = await makeModelFolder();
    log = createMemoryLog({ gap: 2 });
    model = folder.open('write');
    stopping = new AbortController();
    running = Promise.resolve();
    states = [];
    progress = undefined;
  });

  afterEach(async () => {
    stopping.abort();
    await running;
    await folder.remove();
  });

  function start(readModel: ReadModel = model): void {
    stopping = new AbortController();
    running = runProjector({
      store: log,
      readModel,
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
    expect(await model.users()).toHaveLength(2);
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
    expect(apply.mock.calls.map(([, span]) => span)).toEqual([{ after: 20, position: 40 }]);
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
    expect(progress).toMatchObject({ events: 3, unknown: 2, failures: 0 });
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

  it('stops after a few tries at an event it cannot read, with what was before it applied and nothing after', async () => {
    log.push(...sentMany(3));
    start();
    await caughtUp();
    log.push({ stream: 'conversation-dm~a~b', type: 'MessageSent', data: { seq: 'four' } }, ...sentMany(3, 5));
    await running;
    expect(state()).toEqual({
      kind: 'failed',
      reason: 'MessageSent at position 8 (revision 3 of conversation-dm~a~b) cannot be read',
    });
    expect(await model.checkpoint()).toBe(6);
  }, 30_000);

  it('fails at once where the read model is ahead of the log', async () => {
    await model.apply(emptyBatch, { after: 0, position: 100 });
    log.push(...sentMany(3));
    start();
    await running;
    const last = state();
    expect(last?.kind === 'failed' && last.reason).toMatch(/position 100.*ends at 6/);
    expect(await model.checkpoint()).toBe(100);
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

describe('the check at start-up', () => {
  it('accepts a read model at or behind the end of the log, and refuses one ahead of it', async () => {
    const check = (checkpoint: number, last: number) =>
      assertReadModelNotAhead({
        store: { lastPosition: () => Promise.resolve(last) },
        readModel: { checkpoint: () => Promise.resolve(checkpoint) },
      });
    await check(0, 0);
    await check(5, 5);
    await check(4, 5);
    await expect(check(6, 5)).rejects.toThrow(OperatorError);
    await expect(check(6, 5)).rejects.toThrow(/position 6.*ends at 5/);
  });
});
