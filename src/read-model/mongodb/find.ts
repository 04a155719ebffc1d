import type { Document, Filter, FindOptions } from 'mongodb';
import { membershipId } from '../documents.ts';
import type { DocumentKind, Documents } from '../documents.ts';
import { maxReadMs } from './client.ts';
import type { Collections } from './collections.ts';
import { toDocument } from './documents.ts';

/** One answer in one batch where it fits: a cursor that lives on is one that can be lost. */
export const readOptions = { maxTimeMS: maxReadMs, batchSize: 10_000 } as const satisfies FindOptions;

/** Documents of a kind, their fields and nothing else. */
export type Find = <Kind extends DocumentKind>(
  kind: Kind,
  filter: Document,
  options?: FindOptions,
) => Promise<Documents[Kind][]>;

export function createFind(collections: Collections): Find {
  return async (kind, filter, options) => {
    type Stored = Documents[typeof kind];
    const found = collections[kind].find(filter as Filter<Stored>, { ...readOptions, ...options });
    return (await found.toArray()).map((stored) => toDocument(kind, stored as Stored));
  };
}

/** Those with one of these ids. */
export function among(ids: readonly string[]) {
  return { _id: { $in: [...ids] } };
}

/** Those of a user: their ids begin with the user and a space. */
export function membershipsOf(user: string) {
  const start = membershipId(user, '');
  const afterSpace = '!';
  return { _id: { $gte: start, $lt: `${user}${afterSpace}` } };
}
