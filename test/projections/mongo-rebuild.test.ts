import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from 'mongodb';
import { OperatorError } from '../../src/shared/errors.ts';
import { describeDifference } from '../../src/projections/compare.ts';
import { rebuild as rebuildReadModel } from '../../src/projections/rebuild.ts';
import type { RebuildResult } from '../../src/projections/rebuild.ts';
import { verify as verifyReadModel } from '../../src/projections/verify.ts';
import { ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import { mongoModels } from '../support/mongo-models.ts';
import { projecting } from '../support/mongo-projector.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { inOne, projected } from '../support/projection-cut.ts';
import { passedOver, read, registered, sent, sentMany, unreadable } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { dump, makeModelFolder } from '../support/projection-model.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';

describe.skipIf(reportSkipped('rebuilds in MongoDB', noMongo))('in MongoDB', () => {
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
    log = createMemoryLog({ gap: 2 });
    log.push(registered('a'), registered('b'), ...sentMany(20), read('dm~a~b', 'b', 0, 12));
    log.push(sent('dm~a~c', 1, 'c', 'a', 'with a \0 in it'), sent('group~g', 1, 'a', null), read('group~g', 'b', 0, 1));
  });
  afterEach(() => models.close());

  const last = () => log.events.at(-1)!.position;
  const readModel = () => ({ kind: 'mongodb', url }) as const;
  const rebuild = (): Promise<RebuildResult> => rebuildReadModel({ store: log, readModel: readModel(), log: silent });
  const collection = (name: string) => db.collection<{ _id: string; [field: string]: unknown }>(name);

  async function verify(): Promise<string[]> {
    const found: string[] = [];
    for await (const difference of verifyReadModel({ store: log, readModel: readModel() })) {
      found.push(describeDifference(difference));
    }
    return found;
  }

  /** Applies the whole log, and stops. */
  async function project(): Promise<string> {
    const model = await models.open({ url, mode: 'write' });
    await projecting(log, model, () => until(async () => (await model.checkpoint()) === last(), 'the log is applied'));
    const found = await dump(model);
    await model.close();
    return found;
  }

  async function shown(): Promise<string> {
    return dump(await models.open({ url, mode: 'read' }));
  }

  /** Changes the read model behind everybody's back. */
  async function tamper(): Promise<string[]> {
    await collection('message').updateOne({ _id: 'dm~a~b:3' }, { $set: { msg: 'forged' } });
    await collection('message').deleteOne({ _id: 'dm~a~b:5' });
    await collection('user').insertOne({ _id: 'z', username: 'nobody', avatar: null, position: 1 });
    await collection('conversation').updateOne({ _id: 'dm~a~b' }, { $set: { last_seq: 21 } });
    await collection('membership').updateOne({ _id: 'b dm~a~b' }, { $set: { read_seq: 3 } });
    return [
      'unexpected user z',
      'different conversation dm~a~b: last_seq 21 instead of 20',
      'different membership b dm~a~b: read_seq 3 instead of 12',
      'different message dm~a~b:3: msg "forged" instead of "text 3"',
      'missing message dm~a~b:5',
    ];
  }

  it('a rebuild makes a read model where there is none, and leaves nothing else', async () => {
    expect(await rebuild()).toMatchObject({ events: 26, unknown: 0, differences: [] });
    const built = await shown();
    const names = (await db.listCollections().toArray()).map(({ name }) => name);
    expect(names.sort()).toEqual(['conversation', 'damage', 'membership', 'message', 'projection', 'user']);
    await db.dropDatabase();
    expect(built).toBe(await project());
  });

  it('a rebuild gives the same as the projector, and says so', async () => {
    const live = await project();
    expect(await rebuild()).toMatchObject({ events: 26, comparedAt: last(), differences: [] });
    expect(await shown()).toBe(live);
    expect((await collection('message').indexes()).length).toBe(3);
    expect((await collection('conversation').indexes()).length).toBe(1);
  });

  it('a rebuild names what was different from the log, and mends it', async () => {
    const before = await project();
    const harm = await tamper();
    const { differences } = await rebuild();
    expect(differences.map(describeDifference)).toEqual(harm);
    expect(differences[3]).toMatchObject({ expected: { msg: 'text 3' }, actual: { msg: 'forged' } });
    expect(await shown()).toBe(before);
  });

  it('verifying finds the same differences and changes nothing', async () => {
    await project();
    expect(await verify()).toEqual([]);
    const harm = await tamper();
    const before = await shown();
    expect(await verify()).toEqual(harm);
    expect(await verify()).toEqual(harm);
    expect(await shown()).toBe(before);
    expect((await db.listCollections().toArray()).map(({ name }) => name).sort()).toEqual([
      'conversation',
      'damage',
      'membership',
      'message',
      'projection',
      'user',
    ]);
  });

  it('verifying says where there is no read model, and where it is ahead of the log', async () => {
    expect(await verify()).toEqual(['missing read model']);
    await project();
    await collection('projection').updateOne({ _id: 'read-model' }, { $set: { 'shares.1.position': 1_000 } });
    expect(await verify()).toEqual(['checkpoint checkpoint']);
    expect((await rebuild()).differences).toMatchObject([{ kind: 'checkpoint' }]);
    expect(await verify()).toEqual([]);
    const { shares } = (await collection('projection').findOne({ _id: 'read-model' }))!;
    expect(shares).toMatchObject({ 1: { position: last(), landmark: { id: log.events.at(-1)!.id } } });
    await collection('projection').updateOne({ _id: 'read-model' }, { $set: { 'shares.1.landmark.id': 'another' } });
    expect(await verify()).toEqual(['checkpoint checkpoint']);
    expect((await rebuild()).wasOfAnotherLog).toBe(true);
    expect(await verify()).toEqual([]);
  });

  it('what a projector that died had written of its last batch is no difference', async () => {
    await project();
    const part = last() - 3;
    await collection('projection').updateOne({ _id: 'read-model' }, { $set: { 'shares.1.position': part } });
    expect(await verify()).toEqual([]);
    await collection('projection').updateOne({ _id: 'read-model' }, { $set: { 'shares.1.position': part } });
    expect((await rebuild()).differences).toEqual([]);
  });

  it('a rebuild takes in what came to the log after the checkpoint of the read model in use', async () => {
    await project();
    log.push(...sentMany(5, 21), read('dm~a~b', 'b', 12, 25));
    expect(await rebuild()).toMatchObject({ events: 32, differences: [] });
    const reader = await models.open({ url, mode: 'read' });
    expect(await reader.checkpoint()).toBe(last());
    const statuses = (await reader.messages({ conversation: 'dm~a~b', limit: 30 })).map(({ status }) => status);
    expect(statuses).toEqual(Array(25).fill(2));
  });

  it('a rebuild refuses a second one at the same time, and is not disturbed by it', async () => {
    const both = await Promise.allSettled([rebuild(), rebuild()]);
    const [refused] = both.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused?.reason).toBeInstanceOf(OperatorError);
    expect((refused?.reason as Error).message).toContain('a read model is being built by');
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await rebuild()).toMatchObject({ events: 26, differences: [] });
  });

  it('a rebuild changes nothing and leaves nothing where it is ended early', async () => {
    const before = await project();
    const signal = AbortSignal.abort(new Error('enough'));
    const early = rebuildReadModel({ store: log, readModel: readModel(), log: silent, signal });
    await expect(early).rejects.toThrow('enough');
    expect(await shown()).toBe(before);
    const names = (await db.listCollections().toArray()).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('building'))).toEqual([]);
  });

  it('a rebuild gives what the projector gave where a conversation stands still, and once it goes on', async () => {
    const stream = 'conversation-dm~a~b';
    log.push(unreadable(stream), sent('dm~a~b', 22, 'a', 'b'), sent('dm~a~c', 2, 'a', 'c'));
    const standing = await project();
    expect(await rebuild()).toMatchObject({ differences: [], stopped: new Map([[stream, 21]]) });
    expect(await shown()).toBe(standing);
    expect((await verify())[0]).toContain('unreadable conversation-dm~a~b revision 21');
    log.push(passedOver(stream, 21), sent('dm~a~b', 23, 'b', 'a'));
    const going = await project();
    expect(await rebuild()).toMatchObject({ differences: [], stopped: new Map() });
    expect(await shown()).toBe(going);
    expect((await verify()).filter((told) => told.startsWith('unreadable'))).toEqual([]);
  });

  it('a rebuild that died between two of its renames left a read model that goes on', async () => {
    await project();
    // As it is found then: `message` holds more than the checkpoint says, the others do not.
    log.push(...sentMany(5, 21), read('dm~a~b', 'b', 12, 25));
    const other = mongo.newDatabase();
    await rebuildReadModel({ store: log, readModel: { kind: 'mongodb', url: other }, log: silent });
    const messages = await mongo.db(other).collection<{ _id: string }>('message').find().toArray();
    await collection('message').deleteMany({});
    await collection('message').insertMany(messages);
    await project();
    expect(await verify()).toEqual([]);
  });

  it('verifying finds fields too many, ids of another type, and changes in what nobody sees yet', async () => {
    log.push(read('group~h', 'b', 0, 1));
    await project();
    await collection('message').updateOne({ _id: 'dm~a~b:3' }, { $set: { note: 'mine', 'from.note': 1 } });
    await collection('user').deleteOne({ _id: 'b' });
    await db.collection<{ _id: number }>('user').insertOne({ _id: 7 });
    await collection('conversation').updateOne({ _id: 'group~h' }, { $set: { revision: '0' } });
    await collection('membership').updateOne({ _id: 'b group~h' }, { $unset: { read_date: 1 } });
    const ref = (note: string) => `{"id":"a","username":"name of a"${note}}`;
    expect((await verify()).sort()).toEqual(
      [
        'missing user b',
        'unexpected user 7',
        'different conversation group~h: revision "0" instead of 0',
        'different membership b group~h: read_date nothing instead of 2000001',
        `different message dm~a~b:3: from ${ref(',"note":1')} instead of ${ref('')}, note "mine" instead of nothing`,
      ].sort(),
    );
    expect((await rebuild()).differences).toHaveLength(5);
    expect(await verify()).toEqual([]);
  });

  it('collections of an older program are not written until they are rebuilt, nor by that program afterwards', async () => {
    const live = await project();
    // As version 1 left them: shares under another name, documents of another shape.
    const old = { position: last(), holder: 'an older program', owner: 'x', epoch: 3, expires: new Date(0) };
    const former: object = { _id: 'shares', version: 1, epoch: 3, count: 1, shares: { 1: old }, fence: null };
    await collection('projection').deleteMany({});
    await db.collection('projection').insertOne(former);
    const { lease } = await models.open({ url, mode: 'write' });
    await expect(lease?.acquire()).rejects.toThrow(ReadModelUnavailableError);
    await expect(lease?.acquire()).rejects.toThrow('build them anew with `weiliao rebuild`');
    expect(await collection('projection').findOne({ _id: 'shares' })).toEqual(former);
    expect(await rebuild()).toMatchObject({ comparedAt: undefined, differences: [] });
    expect(await shown()).toBe(live);
    await lease?.acquire();
    // What the older program's statements name is not there any more: it neither takes nor moves a share.
    const projection = db.collection<{ _id: string }>('projection');
    expect(await projection.countDocuments({ _id: 'shares', version: 1 })).toBe(0);
    expect(await projection.countDocuments({ _id: 'shares', 'shares.1.epoch': 3 })).toBe(0);
  });

  it('rebuilds and verifications go unnoticed by readers and projectors of a busy log', async () => {
    const partition = (index: number) => ({ index, count: 2 });
    const one = await models.open({ url, mode: 'write', partition: partition(1) });
    const two = await models.open({ url, mode: 'write', partition: partition(2) });
    const reader = await models.open({ url, mode: 'read' });
    const running = new AbortController();
    let next = 21;
    let seen = 0;
    const writing = (async () => {
      while (!running.signal.aborted) {
        log.push(...sentMany(10, next), read('dm~a~b', 'b', next - 1, next + 5));
        next += 10;
        const now = await reader.checkpoint();
        expect(now).toBeGreaterThanOrEqual(seen);
        seen = now;
        const newest = await reader.messages({ conversation: 'dm~a~b', limit: 10 });
        expect(newest.map(({ seq }, place) => seq + place)).toEqual(newest.map(() => newest[0]!.seq));
      }
    })();
    try {
      // Both apply everything: two that write the same documents must do no harm either.
      await projecting(log, one, () =>
        projecting(log, two, async () => {
          await until(() => seen > 100, 'something is applied');
          for (let round = 0; round < 3; round += 1) {
            expect((await rebuild()).differences).toEqual([]);
            expect(await verify()).toEqual([]);
          }
          running.abort();
          await writing;
          await until(async () => (await reader.checkpoint()) === last(), 'everything is applied');
        }),
      );
    } finally {
      running.abort();
      await writing;
    }
    const folder = await makeModelFolder();
    expect(await dump(reader)).toBe(await projected(() => folder.open('write'), log.events, inOne));
    await folder.remove();
  });
});
