import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreateCollectionOptions, Db } from 'mongodb';
import { describeDifference } from '../../src/projections/compare.ts';
import { LossRefusedError, rebuild as rebuildReadModel } from '../../src/projections/rebuild.ts';
import type { RebuildOptions, RebuildResult } from '../../src/projections/rebuild.ts';
import { verify as verifyReadModel } from '../../src/projections/verify.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { mongoModels } from '../support/mongo-models.ts';
import { projecting } from '../support/mongo-projector.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { inOne, projected } from '../support/projection-cut.ts';
import { read, registered, sent, sentMany } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { dump, makeModelFolder } from '../support/projection-model.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';

interface Loose {
  readonly _id: string;
  readonly [field: string]: unknown;
}

const kinds = ['user', 'conversation', 'membership', 'message', 'damage'];

describe.skipIf(reportSkipped('the upkeep of MongoDB', noMongo))('in MongoDB', () => {
  const models = mongoModels();
  let mongo: TestMongo;
  let url: string;
  let db: Db;
  let log: MemoryLog;

  beforeAll(async () => {
    mongo = await openTestMongo();
  });
  afterAll(() => mongo.stop());
  beforeEach(() => {
    url = mongo.newDatabase();
    db = mongo.db(url);
    log = createMemoryLog();
    log.push(registered('a'), registered('b'), ...sentMany(20), read('dm~a~b', 'b', 0, 12));
  });
  afterEach(() => models.close());

  const last = () => log.events.at(-1)!.position;
  const settings = () => ({ kind: 'mongodb', url }) as const;
  const collection = (name: string) => db.collection<Loose>(name);
  const place = () => collection('projection');
  const opened = (mode: 'write' | 'read') => models.open({ url, mode });

  function rebuild(options: Partial<RebuildOptions> = {}): Promise<RebuildResult> {
    return rebuildReadModel({ store: log, readModel: settings(), log: silent, ...options });
  }

  async function verify(): Promise<string[]> {
    const found: string[] = [];
    for await (const difference of verifyReadModel({ store: log, readModel: settings() })) {
      found.push(describeDifference(difference));
    }
    return found;
  }

  async function project(): Promise<void> {
    const model = await opened('write');
    const reader = await opened('read');
    await projecting(log, model, () => until(() => isRight(reader), 'all of the log is applied'));
    await model.close();
  }

  /** What the whole log gives. */
  async function right(): Promise<string> {
    const folder = await makeModelFolder();
    const documents = await projected(() => folder.open('write'), log.events, inOne);
    await folder.remove();
    return documents;
  }

  async function isRight(reader: ReadModel): Promise<boolean> {
    if ((await reader.checkpoint()) !== last() || (await reader.fault()) !== undefined) return false;
    return (await dump(reader).catch(() => '')) === (await right());
  }

  const indexesOf = async (name: string) => (await db.collection(name).indexes()).map((index) => index.name);

  describe('what is not ours', () => {
    /** Everything in the database, with the forms of its collections. */
    async function everything(): Promise<unknown[]> {
      const infos = (await db.listCollections().toArray()).sort((one, other) => one.name.localeCompare(other.name));
      return Promise.all(infos.map(async (info) => [info, await collection(info.name).find().toArray()]));
    }

    async function expectRefusals(why: string, start: boolean): Promise<void> {
      const before = await everything();
      if (start) for (const mode of ['read', 'write'] as const) await expect(opened(mode)).rejects.toThrow(why);
      for (const command of [rebuild, verify]) {
        const refused = await command().catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(OperatorError);
        expect(refused).toMatchObject({ message: expect.stringContaining(why) as string });
      }
      expect(await everything()).toEqual(before);
    }

    it.each([...kinds, 'projection'])(
      'a collection %s of another program is neither read, written nor dropped',
      async (name) => {
        await db.collection(name).insertMany([{ title: 'theirs' }, { title: 'theirs too' }]);
        await expectRefusals(`${name} has no mark of weiliao`, true);
      },
    );

    it('unfinished work of another program is not dropped', async () => {
      await db.collection('building_message').insertOne({ title: 'theirs' });
      await expectRefusals('building_message has no mark of weiliao', false);
    });

    it.each<[string, string, CreateCollectionOptions]>([
      ['an empty collection', 'has no mark of weiliao', {}],
      ['a view', 'is a view', { viewOn: 'other', pipeline: [] }],
      ['a time series', 'is a timeseries', { timeseries: { timeField: 'at' } }],
      ['a capped collection', 'has the option capped', { capped: true, size: 100_000 }],
      ['one of another order', 'has the option collation', { collation: { locale: 'en', strength: 2 } }],
      ['one with rules', 'has no mark of weiliao', { validator: { title: { $exists: true } } }],
    ])('%s of one of our names is refused', async (_, why, options) => {
      await db.createCollection('user', options);
      await expectRefusals(`user ${why}`, true);
    });

    it('that comes while a projector runs stops it until it is gone', async () => {
      await project();
      const [model, reader] = [await opened('write'), await opened('read')];
      await db.dropCollection('user');
      await db.createCollection('user', { viewOn: 'message', pipeline: [] });
      expect(await reader.fault()).toContain('user is a view');
      await projecting(log, model, async (states) => {
        await until(() => states.some(({ kind }) => kind === 'retrying'), 'it waits');
        expect(states.at(-1)).toMatchObject({ reason: expect.stringContaining('user is a view') as string });
        await db.dropCollection('user');
        await until(() => isRight(reader), 'it goes on by itself');
      });
      expect(await reader.fault()).toBeUndefined();
    });
  });

  describe('a collection that was removed', () => {
    it.each(['user', 'conversation', 'message', 'projection'])(
      '%s is told, and made again with all that was in it and its indexes',
      async (name) => {
        const [model, reader] = [await opened('write'), await opened('read')];
        await projecting(log, model, async () => {
          await until(() => isRight(reader), 'all is applied');
          const indexes = await indexesOf(name);
          await db.dropCollection(name);
          log.push(...sentMany(5, 21), sent('dm~a~c', 1, 'a', 'c'), registered('c'));
          await until(() => isRight(reader), 'all is there again');
          expect(await indexesOf(name)).toEqual(indexes);
        });
        expect(await reader.fault()).toBeUndefined();
        expect(await verify()).toEqual([]);
      },
    );

    it('is told while no projector runs, and the next one makes it again', async () => {
      await project();
      const reader = await opened('read');
      await db.dropCollection('message');
      expect(await reader.fault()).toContain('message was removed');
      expect(await verify()).toHaveLength(20);
      await project();
      expect(await isRight(reader)).toBe(true);
    });

    it('and what a write made of it again is no other program’s', async () => {
      await project();
      const one = await collection('message').findOne({ seq: 1 });
      await db.dropCollection('message');
      await collection('message').insertOne(one!);
      expect(await (await opened('read')).fault()).toContain('message was removed');
      expect(await verify()).toHaveLength(19);
      await project();
      expect(await isRight(await opened('read'))).toBe(true);
    });

    it('needs no projector to be built anew', async () => {
      await project();
      await db.dropCollection('message');
      expect((await rebuild()).differences).toHaveLength(20);
      expect(await verify()).toEqual([]);
      expect(await indexesOf('message')).toContain('by_seq');
    });
  });

  it('an index that was removed comes back while a projector runs', async () => {
    const model = await opened('write');
    await projecting(log, model, async () => {
      await until(async () => (await model.checkpoint()) === last(), 'all is applied');
      await collection('message').dropIndexes();
      await until(async () => (await indexesOf('message')).includes('by_seq'), 'it is there again');
    });
  });

  it('two documents at one place are named, and a rebuild lets the projector go on', async () => {
    await project();
    await collection('message').dropIndex('by_seq');
    await collection('message').insertOne({ ...(await collection('message').findOne({ seq: 2 })), _id: 'twice' });
    const model = await opened('write');
    await projecting(log, model, async (states) => {
      await until(() => states.some(({ kind }) => kind === 'retrying'), 'it waits');
      expect(states.at(-1)).toMatchObject({ reason: expect.stringContaining('indexes of message') as string });
      expect(await verify()).toEqual(['unexpected message twice']);
      await rebuild();
      await until(() => states.at(-1)?.kind === 'live', 'it goes on');
    });
    expect(await verify()).toEqual([]);
  });

  it('documents of any shape are named, and a rebuild needs nothing of them', async () => {
    await project();
    const ids: unknown[] = ['odd', 5, { a: 1 }];
    const odd = ids.map((_id) => ({ _id, conversation: null, seq: typeof _id }) as Loose);
    for (const name of kinds) await collection(name).insertMany(odd);
    await collection('conversation').insertOne({
      _id: 'dm~x~y',
      last_seq: 0,
      revision: 0,
      last_position: 1,
      updated_at: 0,
    });
    await collection('conversation').updateOne({ _id: 'dm~a~b' }, { $set: { last_seq: { a: 1 }, more: 1 } });
    const told = await verify();
    for (const name of kinds)
      for (const id of ['odd', '5', '{"a":1}']) expect(told).toContain(`unexpected ${name} ${id}`);
    expect(told).toContain('unexpected conversation dm~x~y');
    expect(told.find((one) => one.startsWith('different conversation dm~a~b'))).toContain('more 1 instead of nothing');
    await rebuild();
    expect(await verify()).toEqual([]);
  });

  const damaged: readonly [string, object][] = [
    ['without shares', { $unset: { shares: 1 } }],
    ['with a list for shares', { $set: { shares: [] } }],
    ['with text for a position', { $set: { 'shares.1.position': 'x' } }],
    ['with text for its version', { $set: { version: 'x' } }],
    ['with text for a fence', { $set: { fence: 'x' } }],
  ];

  describe.each(damaged)('a document of the positions %s', (_, change) => {
    it('is no read model to verify and to rebuild, and a projector begins anew', async () => {
      await project();
      await place().updateOne({ _id: 'read-model' }, change);
      const reader = await opened('read');
      expect(await reader.checkpoint()).toBe(0);
      expect(await verify()).toEqual(['missing read model']);
      await project();
      expect(await isRight(reader)).toBe(true);
      await place().updateOne({ _id: 'read-model' }, change);
      expect((await rebuild()).incomparable).toContain('none that this program can read');
      expect(await isRight(reader)).toBe(true);
    });
  });

  it('a read model that cannot be compared is not replaced where the log has gaps', async () => {
    await project();
    await place().deleteOne({ _id: 'read-model' });
    const whole = { ...log, subscribeToAll: log.subscribeToAll };
    const cut: MemoryLog['subscribeToAll'] = async function* (options) {
      for await (const { events, caughtUp } of whole.subscribeToAll(options)) {
        yield { events: events.filter(({ position }) => position < 5 || position > 8), caughtUp };
      }
    };
    const store = { ...log, lastPosition: log.lastPosition, subscribeToAll: cut };
    await expect(rebuild({ store })).rejects.toThrow(LossRefusedError);
    expect(await collection('message').countDocuments()).toBe(20);
    expect(await rebuild({ store, acceptsLoss: () => true })).toMatchObject({ comparedAt: undefined });
    expect(await collection('message').countDocuments()).toBe(16);
  });
});
