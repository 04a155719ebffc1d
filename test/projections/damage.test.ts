import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { foldLog } from '../../src/projections/fold-log.ts';
import { createInMemoryReadModel } from '../support/in-memory-read-model.ts';
import { readModelConsumer } from '../../src/projections/read-model-consumer.ts';
import { makeLogFolder, rebuildIn, verifyIn } from '../support/projection-embedded.ts';
import type { LogFolder } from '../support/projection-embedded.ts';
import { passedOver, read, registered, sent, unreadable } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { Fact, MemoryLog } from '../support/projection-log.ts';
import { dump } from '../support/projection-model.ts';

const stream = 'conversation-dm~a~b';

/** A conversation that stands still at revision 2, beside others that go on. */
const stopped: readonly Fact[] = [
  registered('a'),
  registered('b'),
  sent('dm~a~b', 1, 'a', 'b'),
  sent('dm~a~b', 2, 'b', 'a'),
  unreadable(stream, 3),
  sent('dm~a~c', 1, 'a', 'c'),
  sent('dm~a~b', 4, 'a', 'b'),
  read('dm~a~b', 'b', 0, 4),
  { stream: 'user-a', type: 'UserChanged', data: { id: 'a' } },
  { stream: 'user-a', type: 'UserChanged', data: { id: 'a', username: 'new', avatar: null } },
  { stream: 'conversation-4711', type: 'MessageSent', data: 'theirs' },
  sent('dm~a~c', 2, 'c', 'a'),
];
/** As long again, and decided on; what is decided on twice, too early or for no reason changes nothing. */
const decided: readonly Fact[] = [
  unreadable(stream),
  passedOver(stream, 5),
  passedOver(stream, 2),
  passedOver(stream, 2),
  sent('dm~a~b', 5, 'b', 'a'),
  passedOver('user-a', 1),
  passedOver('conversation-dm~a~c', 0),
  passedOver('conversation-4711', 0),
  { stream, type: 'EventPassedOver', data: 'of no known shape' },
];

async function applied(log: MemoryLog, cuts: readonly number[]): Promise<string> {
  const model = createInMemoryReadModel();
  const consumer = readModelConsumer(model, log);
  let after = 0;
  for (const end of [...cuts, log.events.length]) {
    const events = log.events.slice(0, end).filter(({ position }) => position > after);
    const position = events.at(-1)?.position ?? after;
    await consumer.apply(events, { after, position });
    after = position;
  }
  return dump(model);
}

describe('an event that cannot be read', () => {
  it('stops its own stream, and no other, until it is passed over', async () => {
    const log = createMemoryLog();
    const model = createInMemoryReadModel();
    const consumer = readModelConsumer(model, log);
    log.push(...stopped);
    await consumer.apply(log.events, { after: 0, position: 12 });
    const seqs = async (conversation: string) =>
      (await model.messages({ conversation, after: 0, limit: 9 })).map(({ seq }) => seq);
    expect(await seqs('dm~a~b')).toEqual([1, 2]);
    expect(await seqs('dm~a~c')).toEqual([1, 2]);
    expect(await model.user('a')).toMatchObject({ username: 'name of a' });
    expect(await model.damages(9)).toEqual([
      { _id: stream, revision: 2, position: 5, reason: 'MessageSent of schema version 1 cannot be read', passed: null },
      expect.objectContaining({ _id: 'user-a', revision: 1, position: 9, passed: null }),
    ]);

    log.push(...decided);
    await consumer.apply(log.events.slice(12), { after: 12, position: 21 });
    expect(await seqs('dm~a~b')).toEqual([1, 2, 4, 5]);
    expect(await model.user('a')).toMatchObject({ username: 'new' });
    expect(await model.damages(9)).toEqual([]);
    expect(await model.damage(stream)).toMatchObject({ revision: 5, passed: 15 });
    expect(await model.conversation('dm~a~b')).toMatchObject({ last_seq: 5, revision: 9 });
  });

  it('gives the same documents however the log is cut, and given twice', async () => {
    const log = createMemoryLog();
    log.push(...stopped, ...decided);
    const whole = await applied(log, []);
    const cut = fc.array(fc.integer({ min: 1, max: log.events.length }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cut, async (cuts) => {
        expect(
          await applied(
            log,
            [...cuts].sort((one, other) => one - other),
          ),
        ).toBe(whole);
      }),
      { numRuns: 60 },
    );
    const stops = new Map<string, number>();
    const once = await foldLog(log.events, stops, log);
    expect(stops.size).toBe(0);
    expect((await foldLog(log.events, stops, log)).batch).toEqual(once.batch);
  });
});

describe('in an embedded log', () => {
  let folder: LogFolder;
  beforeEach(async () => {
    folder = await makeLogFolder();
  });
  afterEach(() => folder.remove());

  async function project(): Promise<string> {
    const model = folder.open('write');
    const consumer = readModelConsumer(model, folder.store);
    const after = await model.checkpoint();
    const ending = new AbortController();
    const subscription = { after, prefixes: consumer.prefixes, signal: ending.signal };
    for await (const { events, caughtUp } of folder.store.subscribeToAll(subscription)) {
      const position = events.at(-1)?.position ?? after;
      await consumer.apply(events, { after: await model.checkpoint(), position });
      if (caughtUp) break;
    }
    const found = await dump(model);
    await model.close();
    return found;
  }

  async function verified(): Promise<string[]> {
    const found: string[] = [];
    for await (const { kind, where } of verifyIn(folder)) found.push(`${kind} ${where}`);
    return found.sort();
  }

  it('a rebuild and verify go on, name what stands still, and give what the projector gave', async () => {
    await folder.append(stopped);
    const before = await project();
    const result = await rebuildIn(folder);
    expect(result).toMatchObject({
      differences: [],
      stopped: new Map([
        [stream, 2],
        ['user-a', 1],
      ]),
    });
    expect(await dump(folder.open('read'))).toBe(before);
    expect(await verified()).toEqual([
      `unreadable ${stream} revision 2, position 5`,
      'unreadable user-a revision 1, position 9',
    ]);
    await folder.append(decided);
    const after = await project();
    expect(await rebuildIn(folder)).toMatchObject({ differences: [], stopped: new Map() });
    expect(await dump(folder.open('read'))).toBe(after);
    expect(await verified()).toEqual([]);
  });

  it('a rebuild in threads goes on in the same way', async () => {
    const [first, ...rest] = [...stopped, ...decided];
    const many = Array.from({ length: 36_000 }, (_, index) => sent('dm~a~d', index + 1, 'a', 'd'));
    await folder.append([
      first!,
      ...many.slice(0, 9_000),
      ...rest.slice(0, 11),
      ...many.slice(9_000),
      ...rest.slice(11),
    ]);
    const before = await project();
    expect(await rebuildIn(folder)).toMatchObject({ differences: [], events: 36_021 });
    expect(await dump(folder.open('read'))).toBe(before);
  });
});
