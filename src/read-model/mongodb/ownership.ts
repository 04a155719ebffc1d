import { isDeepStrictEqual } from 'node:util';
import type { CollectionInfo, CreateCollectionOptions, Db } from 'mongodb';
import { OperatorError } from '../../shared/errors.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import { documentKinds, fieldsOf } from '../documents.ts';
import type { DocumentKind } from '../documents.ts';
import { deadlines, maxReadMs } from './client.ts';
import { isThereAlready } from './errors.ts';
import { within } from './within.ts';

/**
 * What collections of ours are made with, so that another program's of the same name are never read, written or dropped.
 * It checks no document. It stays through renames, dumps and restores.
 */
export const mark = {
  validator: { $jsonSchema: { title: 'read model of weiliao' } },
  validationLevel: 'off',
} as const satisfies CreateCollectionOptions;

/** The collection of who projects what, and how far, and of who builds anew. */
export const placesName = 'projection';

/** Under these a collection does not keep, or does not find, what is written to it. */
const unfit = ['capped', 'collation', 'clusteredIndex', 'expireAfterSeconds', 'encryptedFields'];

/** The collections in use are not as they must be to be written; they may be later. */
export class UnfitCollectionsError extends ReadModelUnavailableError {}

/** What there is under some names. */
export interface Found {
  /** Ours, and as they must be. */
  readonly own: ReadonlySet<string>;
  /** Ours without the mark: writes made them anew of what was removed. What was in it is missing. */
  readonly remade: ReadonlySet<string>;
  /** What is not ours, and why, for people. */
  readonly foreign: ReadonlyMap<string, string>;
}

export async function find(db: Db, names: readonly string[]): Promise<Found> {
  const filter = { name: { $in: [...names] } };
  const listed = await within(deadlines.read, db.listCollections(filter).toArray() as Promise<CollectionInfo[]>);
  const own = new Set<string>();
  const remade = new Set<string>();
  const foreign = new Map<string, string>();
  for (const info of listed) {
    const fault = faultOf(info);
    if (fault === undefined) own.add(info.name);
    else foreign.set(info.name, fault);
  }
  for (const kind of documentKinds) {
    if (foreign.get(kind) !== noMark || !(await holdsOnlyOurs(db, kind))) continue;
    remade.add(kind);
    foreign.delete(kind);
  }
  return { own, remade, foreign };
}

const noMark = 'has no mark of weiliao';

function faultOf({ type = 'collection', options = {} }: CollectionInfo): string | undefined {
  if (type !== 'collection') return `is a ${type}`;
  const wrong = unfit.find((option) => options[option] !== undefined && options[option] !== false);
  if (wrong !== undefined) return `has the option ${wrong}`;
  return isDeepStrictEqual(options['validator'], mark.validator) ? undefined : noMark;
}

/** A write to a collection that is not there makes one, without the mark. Nobody else writes just these fields. */
async function holdsOnlyOurs(db: Db, kind: DocumentKind): Promise<boolean> {
  const ours = { $jsonSchema: schemaOf(kind) };
  const first = (filter: object) =>
    within(deadlines.read, db.collection(kind).findOne(filter, { maxTimeMS: maxReadMs }));
  return (await first({ $nor: [ours] })) === null && (await first(ours)) !== null;
}

function schemaOf(kind: DocumentKind) {
  const fields = fieldsOf(kind).map(([name, { type, nullable }]) => {
    const bsonType = { text: 'string', integer: 'number', status: 'number', user: 'object' }[type];
    return [name, { bsonType: nullable ? [bsonType, 'null'] : bsonType }] as const;
  });
  return {
    required: fields.map(([name]) => name),
    properties: Object.fromEntries(fields),
    additionalProperties: false,
  };
}

/** What is not ours, as operators are told of it. */
export function tellForeign(database: string, foreign: Found['foreign']): string {
  const named = [...foreign].map(([name, fault]) => `${name} ${fault}`).join(', ');
  return (
    `the database ${database} holds what is not of this program: ${named}. Nothing of it was touched. ` +
    'Name another database in MONGODB_URL; docs/deploy.md says what else can be done'
  );
}

/** Throws `OperatorError` where one of these is there and not ours. */
export async function assertOwn(db: Db, names: readonly string[]): Promise<void> {
  const { foreign } = await find(db, names);
  if (foreign.size > 0) throw new OperatorError(tellForeign(db.databaseName, foreign));
}

/** Makes a collection of ours, unless there is something of its name. */
export async function makeOwn(db: Db, name: string): Promise<void> {
  try {
    await within(deadlines.write, db.createCollection(name, mark));
  } catch (error) {
    if (!isThereAlready(error)) throw error;
  }
}
