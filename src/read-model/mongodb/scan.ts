import { isDeepStrictEqual } from 'node:util';
import { MinKey } from 'mongodb';
import type { Collection, Document } from 'mongodb';
import type { DocumentKind, Documents } from '../documents.ts';
import type { ReadModelScan } from '../read-model.ts';
import { maxReadMs } from './client.ts';
import type { Collections } from './collections.ts';
import { messageBySeq } from './collections.ts';
import { asStored } from './documents.ts';
import type { Reading } from './queries.ts';

const pageSize = 1_000;
const options = { maxTimeMS: maxReadMs, batchSize: pageSize + 1, limit: pageSize + 1 } as const;

/** The one index that every collection has. */
const byId = { _id: 1 } as const;
/** Before every value of any type. */
const first = new MinKey();

/**
 * Every document in the port's order, a page at a time: no cursor is held between two pages. They are given as they are
 * stored, so that a comparison sees what is wrong with them.
 */
export function createScans(collections: Collections, answer: Reading): ReadModelScan {
  return {
    async *scan<Kind extends DocumentKind>(kind: Kind) {
      const key = kind === 'message' ? messageBySeq : byId;
      for await (const page of pages<Documents[Kind]>(collections[kind], key, answer)) {
        const shown = kind === 'conversation' ? page.filter(hasMessage) : page;
        if (shown.length > 0) yield shown.map((stored) => asStored(kind, stored));
      }
    },
  };
}

/** Every document as it is stored, those too that queries do not show, by id: that needs no index of ours. */
export async function* everything<Kind extends DocumentKind>(
  collections: Collections,
  kind: Kind,
  answer: Reading,
): AsyncGenerator<readonly Documents[Kind][]> {
  for await (const page of pages<Documents[Kind]>(collections[kind], byId, answer)) {
    yield page.map((stored) => asStored(kind, stored));
  }
}

/** A conversation has no seq until its first message. */
function hasMessage(conversation: object): boolean {
  return !('last_seq' in conversation && conversation.last_seq === 0);
}

/**
 * `min` begins the walk of the index at a place in all of its fields, whatever their types are, which no filter does.
 * The place is that of the last document before, which then comes again.
 */
async function* pages<Stored extends Document>(
  collection: Collection<Stored>,
  key: Readonly<Record<string, 1>>,
  answer: Reading,
): AsyncGenerator<Stored[]> {
  const placeOf = (values: Document): Document =>
    Object.fromEntries(Object.keys(key).map((field) => [field, values[field] ?? null]));
  let place = placeOf({ _id: first, conversation: first, seq: first });
  let last: Stored | undefined;
  for (;;) {
    const read = () => collection.find({}, options).sort(key).hint(key).min(place).toArray();
    const found = (await answer(read)) as Stored[];
    const again = last !== undefined && isDeepStrictEqual(found[0]?.['_id'], last['_id']);
    yield again ? found.slice(1) : found;
    last = found.at(-1);
    if (last === undefined || found.length <= pageSize) return;
    place = placeOf(last);
  }
}
