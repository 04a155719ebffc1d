import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/shared/errors.ts';
import { ReadModelMovedError, ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { readModelContract } from '../contract/read-model.ts';
import { schemaVersion } from '../../src/read-model/mongodb/shares.ts';
import { mongoModels } from '../support/mongo-models.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { LeaseHeldError } from '../../src/read-model/lease.ts';
import { documentKinds } from '../../src/read-model/documents.ts';
import { cutArbitrary, inOne, projected } from '../support/projection-cut.ts';
import {
  damage,
  emptyBatch,
  membershipChange,
  message,
  messagesBatch,
  readPatch,
  ref,
  touchOf,
} from '../support/projection-documents.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import { dump, makeModelFolder } from '../support/projection-model.ts';
import { factsArbitrary } from '../support/projection-script.ts';
import { until } from '../support/until.ts';

describe.skipIf(reportSkipped('the MongoDB read model', noMongo))('MongoDB', () => {
  let mongo: TestMongo;
  beforeAll(async () => {
    mongo = await openTestMongo();
  });
  afterAll(() => mongo.stop());

  readModelContract({
    name: 'MongoDB',
    async open() {
      const url = mongo.newDatabase();
      const models = mongoModels();
      return {
        writer: await models.openWriter({ url }),
        openReader: () => models.open({ url, mode: 'read' }),
        dispose: () => models.close(),
      };
    },
  });

  describe('the MongoDB read model', () => {
    const models = mongoModels();
    let url: string;
    beforeEach(() => {
      url = mongo.newDatabase();
    });
    afterEach(() => models.close());

    it('holds the same documents byte for byte as the embedded one, however the log was cut, repeated, interrupted', async () => {
      await fc.assert(
        fc.asyncProperty(factsArbitrary, cutArbitrary, async (facts, cut) => {
          const log = createMemoryLog({ gap: 3 });
          log.push(...facts);
          const folder = await makeModelFolder();
          const database = mongo.newDatabase();
          try {
            const embedded = await projected(() => folder.open('write'), log.events, inOne);
            const open = () => models.openWriter({ url: database });
            expect(await projected(open, log.events, cut)).toBe(embedded);
          } finally {
            await folder.remove();
          }
        }),
        { numRuns: 15 },
      );
    });

    it('is read by others in a collection for each kind, whose documents have the shape of the port', async () => {
      const writer = await models.openWriter({ url });
      const user = { _id: 'a', username: 'name of a', avatar: null, position: 1 };
      const damages = [damage('user-a', 1)];
      await writer.apply({ ...messagesBatch(message(2)), users: [user], damages }, { after: 0, position: 2 });
      const db = mongo.db(url);
      const stored = (kind: string) => db.collection(kind).find().sort({ _id: 1 }).toArray();
      expect(await stored('user')).toEqual([user]);
      expect(await stored('damage')).toEqual(damages);
      expect(await stored('message')).toEqual([message(2)]);
      expect(await stored('conversation')).toEqual([await writer.conversation('dm~a~b')]);
      const memberships = [await writer.membership('a', 'dm~a~b'), await writer.membership('b', 'dm~a~b')];
      expect(await stored('membership')).toEqual(memberships);
      const names = (await db.listCollections().toArray()).map(({ name }) => name);
      expect(names.sort()).toEqual([...documentKinds, 'projection'].sort());
    });

    it('answers with the fields of the port whatever else others store in its documents', async () => {
      const writer = await models.openWriter({ url });
      await writer.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      const before = await writer.conversations({ user: 'a', limit: 9 });
      for (const kind of documentKinds) {
        await mongo
          .db(url)
          .collection(kind)
          .updateMany({}, { $set: { note: 1 } });
      }
      await mongo
        .db(url)
        .collection('message')
        .updateMany({}, { $set: { 'from.note': 1 } });
      expect(await writer.conversations({ user: 'a', limit: 9 })).toEqual(before);
      expect(await writer.message('dm~a~b:1')).toEqual(message(1));
    });

    it('answers each of its queries from an index', async () => {
      const writer = await models.openWriter({ url });
      await writer.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      const db = mongo.db(url);
      const stages = async (collection: string, filter: object, sort: Record<string, 1 | -1>): Promise<string> => {
        const { queryPlanner } = await db.collection(collection).find(filter).sort(sort).explain('queryPlanner');
        return JSON.stringify((queryPlanner as { winningPlan: object }).winningPlan);
      };
      for (const plan of [
        await stages('message', { conversation: 'dm~a~b', seq: { $lt: 9 } }, { seq: -1 }),
        await stages('message', { 'from.id': 'a' }, { client_id: -1 }),
      ]) {
        expect(plan).toContain('IXSCAN');
        expect(plan).not.toContain('"SORT"');
      }
    });

    it("looks at nobody else's documents for a friend list, and at no message but the newest", async () => {
      const writer = await models.openWriter({ url });
      const batches = Array.from({ length: 300 }, (_, index) => {
        const [from, to] = [ref(index % 3 === 0 ? 'a' : 'b'), ref(`p${index}`)];
        const conversation = `dm~${from.id}~${to.id}`;
        return messagesBatch(
          ...[1, 2, 3].map((seq) => message(seq, { conversation, from, to, position: 3 * index + seq })),
        );
      });
      const batch = {
        ...emptyBatch,
        messages: batches.flatMap(({ messages }) => messages),
        conversations: batches.flatMap(({ conversations }) => conversations),
        memberships: batches.flatMap(({ memberships }) => memberships),
      };
      await writer.apply(batch, { after: 0, position: 900 });
      const db = mongo.db(url);
      await db.command({ profile: 2 });
      const page = await writer.conversations({ user: 'a', limit: 10 });
      const changed = await writer.conversationsChangedSince('a', 0, 10);
      await db.command({ profile: 0 });
      expect(page).toHaveLength(10);
      expect(changed).toHaveLength(10);
      const told = await db
        .collection('system.profile')
        .find({ op: { $in: ['query', 'command'] } })
        .toArray();
      const read = told.reduce((sum, { docsExamined = 0 }) => sum + Number(docsExamined), 0);
      // Twice the user's hundred conversations; ten memberships and ten messages.
      expect(read).toBeGreaterThanOrEqual(20);
      expect(read).toBeLessThanOrEqual(220);
      expect(told.map(({ planSummary }) => String(planSummary))).not.toContainEqual(
        expect.stringContaining('COLLSCAN'),
      );
    });

    it('marks as read what a part of the same batch had stored unread', async () => {
      const writer = await models.openWriter({ url });
      await mongo
        .db(url)
        .collection<{ _id: string }>('message')
        .insertMany([message(1), message(2)]);
      const read = [message(1, { status: 2, read_date: 70 }), message(2), message(3)];
      await writer.apply(messagesBatch(...read), { after: 0, position: 3 });
      expect(await writer.messages({ conversation: 'dm~a~b', after: 0, limit: 9 })).toEqual(read);
    });

    it('begins at position 0 again where its database was dropped, and says so', async () => {
      const writer = await models.openWriter({ url });
      await writer.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      await mongo.db(url).dropDatabase();
      const next = () => writer.apply(messagesBatch(message(2)), { after: 1, position: 2 });
      await expect(next()).rejects.toThrow(ReadModelUnavailableError);
      await writer.lease?.acquire();
      await expect(next()).rejects.toThrow(ReadModelMovedError);
      expect(await writer.checkpoint()).toBe(0);
      await writer.apply(messagesBatch(message(1), message(2)), { after: 0, position: 2 });
      expect(await writer.messages({ conversation: 'dm~a~b', limit: 9 })).toHaveLength(2);
    });

    it('is not written by a program that knows another shape of it, until it has that shape', async () => {
      const writer = await models.openWriter({ url });
      await writer.close();
      const setVersion = (version: number) =>
        mongo
          .db(url)
          .collection('projection')
          .updateOne({ _id: 'read-model' as never }, { $set: { version } });
      const other = await models.open({ url, mode: 'write' });
      for (const version of [1, 1_000]) {
        await setVersion(version);
        await expect(other.lease?.acquire()).rejects.toMatchObject({
          name: 'ReadModelUnavailableError',
          message: expect.stringContaining(`of version ${version}`) as unknown,
        });
      }
      await setVersion(schemaVersion);
      await other.lease?.acquire();
    });

    it('cannot be written by a reader', async () => {
      const reader = await models.open({ url, mode: 'read' });
      await expect(reader.apply(emptyBatch, { after: 0, position: 1 })).rejects.toThrow(TypeError);
    });

    it('says that it is closed once it is', async () => {
      const writer = await models.openWriter({ url });
      await writer.close();
      await writer.close();
      for (const use of [() => writer.checkpoint(), () => writer.user('a'), () => writer.users({ limit: 10 })]) {
        await expect(use()).rejects.toThrow(ReadModelUnavailableError);
      }
    });

    it('refuses to open where nobody answers, and names the host without the credentials', async () => {
      const opening = models.open({ url: 'mongodb://someone:secret@127.0.0.1:1/weiliao', mode: 'read' });
      const error = await opening.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error).toBeInstanceOf(OperatorError);
      expect(error?.message).toMatch(/^MongoDB at 127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
    });
  });

  describe('a share of the MongoDB read model', () => {
    const models = mongoModels();
    let url: string;
    beforeEach(() => {
      url = mongo.newDatabase();
    });
    afterEach(() => models.close());

    const options = (index: number, count: number, holder = `holder ${index}/${count}`) => ({
      ...{ url, holder },
      partition: { index, count },
    });
    const holding = (...share: Parameters<typeof options>): Promise<ReadModel> => models.openWriter(options(...share));
    const waiting = (...share: Parameters<typeof options>): Promise<ReadModel> =>
      models.open({ ...options(...share), mode: 'write' });

    it('has one holder; another one is told who that is, and takes it once it is given back', async () => {
      const [first, second] = [await holding(1, 1, 'first'), await waiting(1, 1, 'second')];
      await first.apply(emptyBatch, { after: 0, position: 7 });
      await expect(second.lease?.acquire()).rejects.toThrow('share 1/1 is held by first');
      await expect(second.lease?.acquire()).rejects.toThrow(LeaseHeldError);
      await expect(second.apply(emptyBatch, { after: 7, position: 8 })).rejects.toThrow(ReadModelUnavailableError);
      await first.close();
      await second.lease?.acquire();
      expect(await second.checkpoint()).toBe(7);
    });

    it('has a position of its own; readers see what all shares have reached', async () => {
      const [one, two] = [await holding(1, 2), await holding(2, 2)];
      const reader = await models.open({ url, mode: 'read' });
      await one.apply(messagesBatch(message(1)), { after: 0, position: 5 });
      expect(await one.checkpoint()).toBe(5);
      expect(await two.checkpoint()).toBe(0);
      expect(await reader.checkpoint()).toBe(0);
      await two.apply(emptyBatch, { after: 0, position: 3 });
      expect(await reader.checkpoint()).toBe(3);
      await two.apply(emptyBatch, { after: 3, position: 9 });
      expect(await reader.checkpoint()).toBe(5);
    });

    it('is divided anew once nobody holds one of the old, and begins where the least of those was', async () => {
      const [one, two] = [await holding(1, 2), await holding(2, 2)];
      await one.apply(messagesBatch(message(1)), { after: 0, position: 9 });
      const landmark = { log: null, stream: 'user-a', revision: 0, id: 'an-event', created: 1 };
      await two.apply(emptyBatch, { after: 0, position: 4, landmark });
      const third = await waiting(3, 3);
      await expect(third.lease?.acquire()).rejects.toThrow('divided among 2 projectors, not 3');
      await one.close();
      await expect(third.lease?.acquire()).rejects.toThrow('2/2 is held by holder 2/2');
      await two.close();
      await third.lease?.acquire();
      expect(await third.place()).toEqual({ position: 4, landmark });
      const first = await holding(1, 3);
      expect(await first.checkpoint()).toBe(4);
      await first.apply(messagesBatch(message(1)), { after: 4, position: 9 });
      expect(await first.messages({ conversation: 'dm~a~b', limit: 9 })).toEqual([message(1)]);
      const reader = await models.open({ url, mode: 'read' });
      expect(await reader.checkpoint()).toBe(4);
    });

    it('is kept for as long as its holder lives', async () => {
      await holding(1, 1, 'first');
      const expires = async (): Promise<number> => {
        const found = await mongo.db(url).collection('projection').findOne();
        return (found?.['shares'] as Record<string, { expires: Date }>)['1']!.expires.getTime();
      };
      const begun = await expires();
      await until(async () => (await expires()) > begun + 2_000, 'the lease is renewed twice');
      await expect(holding(1, 1)).rejects.toThrow('held by first');
    });

    it('whose lease is from before the clock was set back an hour is taken at once, and no other than that', async () => {
      const first = await holding(1, 1, 'first');
      await first.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      const second = await waiting(1, 1, 'second');
      await expect(second.lease?.acquire()).rejects.toThrow('held by first');
      await first.close();
      const left = { holder: 'gone', owner: 'gone', epoch: 77, expires: new Date(Date.now() + 3_600_000) };
      const change = Object.entries(left).map(([name, value]) => ({ $set: { [`shares.1.${name}`]: value } }));
      const leave = () => mongo.db(url).collection('projection').updateOne({}, change);
      await leave();
      await second.lease?.acquire();
      expect(await second.checkpoint()).toBe(1);
      await second.close();
      await leave();
      const other = await waiting(2, 2, 'of two');
      await other.lease?.acquire();
      expect(await other.checkpoint()).toBe(1);
    });

    it('lost to another holder is not written any more, and taken again when that one ends', async () => {
      const first = await holding(1, 1, 'first');
      await first.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      // As if the first had stood still for longer than its lease.
      await mongo
        .db(url)
        .collection('projection')
        .updateOne({}, { $set: { 'shares.1.expires': new Date(0) } });
      const second = await holding(1, 1, 'second');
      await second.apply(messagesBatch(message(2)), { after: 1, position: 2 });
      const late = () => first.apply(messagesBatch(message(2), message(3)), { after: 1, position: 3 });
      await expect(late()).rejects.toThrow(ReadModelUnavailableError);
      expect(await second.checkpoint()).toBe(2);
      await second.apply(messagesBatch(message(3), message(4)), { after: 2, position: 4 });
      expect(await second.conversation('dm~a~b')).toMatchObject({ last_seq: 4, revision: 3, last_position: 4 });
      await second.close();
      await first.lease?.acquire();
      expect(await first.checkpoint()).toBe(4);
    });

    it('lost to another holder loses nothing of what that one wrote, nor leaves anything out', async () => {
      const first = await holding(1, 1, 'first');
      const batch = messagesBatch(message(1), message(2), message(3));
      await first.apply(batch, { after: 0, position: 3 });
      await mongo
        .db(url)
        .collection('projection')
        .updateOne({}, { $set: { 'shares.1.expires': new Date(0) } });
      const second = await holding(1, 1, 'second');
      const read = (up_to: number, date: number, position: number) => ({
        ...emptyBatch,
        patches: [readPatch('b', 0, up_to, date)],
        conversations: [touchOf('dm~a~b', position - 1, position)],
        memberships: [membershipChange('b', { read_seq: up_to, read_date: date })],
      });
      await second.apply(read(2, 70, 4), { after: 3, position: 4 });
      await second.apply(read(3, 80, 5), { after: 4, position: 5 });
      const before = await dump(second);
      // What the first remembers is older than what is stored.
      await expect(first.apply(read(2, 70, 4), { after: 3, position: 4 })).rejects.toThrow(ReadModelUnavailableError);
      expect(await dump(second)).toBe(before);
      expect(await second.membership('b', 'dm~a~b')).toMatchObject({ read_seq: 3, read_date: 80 });
      expect(await second.conversation('dm~a~b')).toMatchObject({ revision: 4, last_position: 5, last_seq: 3 });
    });
  });
});
