import { LRUCache } from 'lru-cache';
import type { AnyBulkWriteOperation, Collection, Filter, MongoBulkWriteError } from 'mongodb';
import { ReadModelUnavailableError } from '../read-model.ts';
import { alreadyThere } from './errors.ts';

/** Writes documents that only grow, each by the one writer that has its share. */
export interface GrowingWriter<Change> {
  /** Each change, at most one a document. One that a document has had already changes nothing. */
  readonly write: (changes: readonly Change[]) => Promise<void>;
  /** What is remembered may not be what is stored: to be called after a failure. */
  readonly forget: () => void;
}

interface Growing {
  readonly _id: string;
}

export interface GrowingWriterOptions<T extends Growing, Change> {
  readonly collection: Collection<T>;
  /** Documents that are remembered, so that they are changed without being read first. */
  readonly kept: number;
  readonly idOf: (change: Change) => string;
  /** The document after a change; the same object where the change says nothing new. */
  readonly merge: (document: T | undefined, change: Change) => T;
}

/** Looks at documents that somebody else changed meanwhile: a former holder of the share, whose last write came late. */
const tries = 5;

/**
 * A document is changed only where every field that changes still has the value that the change was made for. So a write
 * that comes twice or late does nothing, and none leaves out what another one did.
 */
export function createGrowingWriter<T extends Growing, Change>(
  options: GrowingWriterOptions<T, Change>,
): GrowingWriter<Change> {
  const { collection, idOf, merge } = options;
  const known = new LRUCache<string, T>({ max: options.kept });

  async function load(ids: readonly string[]): Promise<ReadonlyMap<string, T>> {
    const found = new Map<string, T>();
    const missing: string[] = [];
    for (const id of ids) {
      const held = known.get(id);
      if (held === undefined) missing.push(id);
      else found.set(id, held);
    }
    if (missing.length === 0) return found;
    const filter = { _id: { $in: missing } } as Filter<T>;
    for await (const stored of collection.find(filter, { batchSize: 10_000 })) {
      const document = stored as T;
      found.set(document._id, document);
      known.set(document._id, document);
    }
    return found;
  }

  async function writeOnce(changes: readonly Change[]): Promise<boolean> {
    const found = await load(changes.map(idOf));
    const grown: T[] = [];
    const operations: AnyBulkWriteOperation<T>[] = [];
    for (const change of changes) {
      const document = found.get(idOf(change));
      const next = merge(document, change);
      if (next === document) continue;
      grown.push(next);
      operations.push(operationOf(document, next));
    }
    if (operations.length === 0) return true;
    const fits = (await bulk(collection, operations)) === operations.length;
    for (const next of grown) {
      if (fits) known.set(next._id, next);
      else known.delete(next._id);
    }
    return fits;
  }

  return {
    async write(changes) {
      for (let count = 0; count < tries; count += 1) if (await writeOnce(changes)) return;
      throw new ReadModelUnavailableError('somebody else writes the same documents');
    },
    forget: () => known.clear(),
  };
}

function operationOf<T extends Growing>(document: T | undefined, next: T): AnyBulkWriteOperation<T> {
  if (document === undefined) return { insertOne: { document: next } } as AnyBulkWriteOperation<T>;
  const filter: Record<string, unknown> = { _id: next._id };
  const $set: Record<string, unknown> = {};
  const before = new Map<string, unknown>(Object.entries(document));
  for (const [name, value] of Object.entries(next)) {
    if (value === before.get(name)) continue;
    filter[name] = before.get(name);
    $set[name] = value;
  }
  return { updateOne: { filter, update: { $set } } } as AnyBulkWriteOperation<T>;
}

/** How many of the operations found the document as they expected it. */
async function bulk<T extends Growing>(
  collection: Collection<T>,
  operations: readonly AnyBulkWriteOperation<T>[],
): Promise<number> {
  try {
    const { insertedCount, matchedCount } = await collection.bulkWrite(operations, { ordered: false });
    return insertedCount + matchedCount;
  } catch (error) {
    alreadyThere(error);
    const { insertedCount, matchedCount } = (error as MongoBulkWriteError).result;
    return insertedCount + matchedCount;
  }
}
