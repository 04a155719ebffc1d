import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../documents.ts';
import type { ReadModelQueries } from '../read-model.ts';
import { decoder, selected } from './columns.ts';
import type { Names, Value } from './columns.ts';
import { conversationQueries } from './conversation-queries.ts';
import { messageQueries } from './message-queries.ts';
import { createNames } from './references.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';

/** The port's queries over one connection, synchronous. */
export type Queries = {
  readonly [Query in keyof ReadModelQueries]: (
    ...query: Parameters<ReadModelQueries[Query]>
  ) => Awaited<ReturnType<ReadModelQueries[Query]>>;
};

export function createQueries(db: DatabaseSyncInstance): Queries {
  const names = createNames(db);
  const checkpoint = prepareRows<[number]>(db, 'SELECT checkpoint FROM state');
  return {
    checkpoint: () => checkpoint.get()?.[0] ?? 0,
    ...userQueries(db, names),
    ...conversationQueries(db, names),
    ...messageQueries(db, names),
  };
}

function userQueries(db: DatabaseSyncInstance, names: Names): Pick<Queries, 'user' | 'usersById' | 'users'> {
  const one = prepareRows<Value[]>(db, `SELECT ${selected('user')} FROM user WHERE _id = ?`);
  const every = prepareRows<Value[]>(db, `SELECT ${selected('user')} FROM user ORDER BY _id`);
  const decode = decoder('user');
  function user(id: string): UserDocument | undefined {
    const row = one.get(toStored(id));
    return row && decode(row, names);
  }
  return {
    user,
    usersById: (ids) => [...new Set(ids)].map(user).filter((found) => found !== undefined),
    users: () => every.all().map((row) => decode(row, names)),
  };
}
