import type { Collection } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareDocuments } from '../../src/read-model/comparison.ts';
import type { Scannable } from '../../src/read-model/comparison.ts';
import { documentKinds, fieldsOf, membershipId } from '../../src/read-model/documents.ts';
import type { DocumentKind, FieldType } from '../../src/read-model/documents.ts';
import { collectionsOf } from '../../src/read-model/mongodb/collections.ts';
import { sideOf } from '../../src/read-model/mongodb/side.ts';
import { mongoModels } from '../support/mongo-models.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import {
  damage,
  emptyBatch,
  membershipChange,
  message,
  messagesBatch,
  readPatch,
} from '../support/projection-documents.ts';

type Values = Record<string, unknown>;
/** An id may really be anything. */
type Loose = Values & { readonly _id: string };

/** Of each kind one that stands between others. */
const targets: Readonly<Record<DocumentKind, string>> = {
  user: 'b',
  conversation: 'dm~a~b',
  membership: membershipId('b', 'dm~a~b'),
  message: 'dm~a~b:2',
  damage: 'user-b',
};

/** What a field may wrongly hold. */
const wrongs: Readonly<Record<FieldType, Readonly<Record<string, (value: unknown) => unknown>>>> = {
  text: {
    'another text': (value) => `${String(value)} `,
    'a number': () => 5,
    null: () => null,
    'an object': (value) => ({ text: value }),
  },
  integer: {
    'another number': (value) => Number(value) + 100,
    'the same as text': String,
    'the same as a date': (value) => new Date(Number(value)),
    null: () => null,
  },
  status: { 'another number': (value) => Number(value) + 1, 'the same as text': String, null: () => null },
  user: {
    'another id': (value) => ({ ...(value as object), id: 'z' }),
    'another name': (value) => ({ ...(value as object), username: 'z' }),
    'no name': (value) => ({ id: (value as { id: string }).id }),
    'a field too many': (value) => ({ ...(value as object), note: 1 }),
    text: (value) => (value as { id: string }).id,
    null: () => null,
  },
};

interface Wrong {
  readonly told: string;
  readonly kind: DocumentKind;
  readonly change: (document: Values) => Values;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function without(document: Values, name: string): Values {
  return Object.fromEntries(Object.entries(document).filter(([field]) => field !== name));
}

const cases: readonly Wrong[] = documentKinds.flatMap((kind) => [
  ...fieldsOf(kind).flatMap(([name, { type }]) => [
    ...Object.entries(wrongs[type]).map(([told, wrong]) => ({
      told: `${kind}.${name} is ${told}`,
      kind,
      change: (document: Values) => ({ ...document, [name]: wrong(document[name]) }),
    })),
    ...(name === '_id'
      ? []
      : [{ told: `${kind}.${name} is missing`, kind, change: (document: Values) => without(document, name) }]),
  ]),
  { told: `${kind} has a field too many`, kind, change: (document: Values) => ({ ...document, last_seq_: 0 }) },
]);

describe.skipIf(reportSkipped('each field in MongoDB', noMongo))('a comparison with what is stored in MongoDB', () => {
  const models = mongoModels();
  let mongo: TestMongo;
  let url: string;
  let expected: Scannable;
  let stored: Scannable;

  beforeAll(async () => {
    mongo = await openTestMongo();
    url = mongo.newDatabase();
    const writer = await models.openWriter({ url });
    const user = (id: string, position: number) => ({ _id: id, username: `name of ${id}`, avatar: '/x.png', position });
    const batches = ['dm~a~a', 'dm~a~b', 'dm~b~c'].map((conversation, index) =>
      messagesBatch(...[1, 2, 3].map((seq) => message(seq, { conversation, position: 3 * index + seq }))),
    );
    const read = { read_seq: 2, read_date: 70, own_seq: 1, greatest_client_id: 'k' };
    await writer.apply(
      {
        users: [user('a', 1), user('b', 2), user('c', 3)],
        messages: batches.flatMap(({ messages }) => messages),
        conversations: batches.flatMap(({ conversations }) => conversations),
        memberships: batches.flatMap(({ memberships }) => memberships),
        patches: [readPatch('b', 0, 2, 70)],
        damages: ['user-a', 'user-b', 'user-c'].map((stream) => damage(stream, 1, 5)),
      },
      { after: 0, position: 9 },
    );
    const memberships = [membershipChange('b', read)];
    await writer.apply({ ...emptyBatch, memberships }, { after: 9, position: 10 });
    const side = sideOf(collectionsOf(mongo.db(url)), () => undefined);
    stored = { scan: side.everything };
    const all = new Map<DocumentKind, object[]>();
    for (const kind of documentKinds) all.set(kind, (await collect(side.everything(kind))).flat());
    expected = { scan: (kind) => [all.get(kind) as never] };
  });
  afterAll(async () => {
    await models.close();
    await mongo.stop();
  });

  const collectionOf = (kind: DocumentKind): Collection<Loose> => mongo.db(url).collection<Loose>(kind);
  const differences = () => collect(compareDocuments(expected, stored));

  async function replace(kind: DocumentKind, from: unknown, to: Values): Promise<void> {
    await collectionOf(kind).deleteOne({ _id: from as string });
    await collectionOf(kind).insertOne(to as Loose);
  }

  let restore: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await restore?.();
    restore = undefined;
    expect(await differences()).toEqual([]);
  });

  it.each(cases)('names the document where $told', async ({ kind, change }) => {
    const id = targets[kind];
    const before = (await collectionOf(kind).findOne({ _id: id }))!;
    expect(Object.values(before)).not.toContain(null);
    const changed = change(before);
    restore = () => replace(kind, changed['_id'], before);
    await replace(kind, id, changed);
    const found = (await differences()).filter((one) => one.document === kind && one.id === id);
    expect(found).not.toEqual([]);
    if (changed['_id'] === id) return;
    // One that the log does not give is named too.
    expect(
      (await differences()).map(({ kind: how, actual }) => [how, (actual as Values | undefined)?.['_id']]),
    ).toContainEqual(['unexpected', changed['_id']]);
  });

  it('tries each field of each kind', () => {
    for (const kind of documentKinds) {
      for (const [name] of fieldsOf(kind))
        expect(cases.some(({ told }) => told.startsWith(`${kind}.${name} is`))).toBe(true);
    }
  });
});
