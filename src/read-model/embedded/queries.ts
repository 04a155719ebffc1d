import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../documents.ts';
import { usersOfText } from '../merge.ts';
import type { DamageQueries, ReadModel, ReadModelQueries } from '../read-model.ts';
import { nowhere } from '../read-model.ts';
import { createCheckpointReader } from './checkpoint.ts';
import { decoder, selected } from './columns.ts';
import type { Names, Value } from './columns.ts';
import { conversationQueries } from './conversation-queries.ts';
import { messageQueries } from './message-queries.ts';
import { createNames } from './references.ts';
import { prepareRows } from './rows.ts';
import type { Rows } from './rows.ts';
import { toStored } from './text.ts';

/** The port's queries over one connection, synchronous. */
export type Queries = Answers<ReadModelQueries & DamageQueries & Pick<ReadModel, 'place'>>;

type Answers<Port extends Record<keyof Port, (...query: never) => unknown>> = {
  readonly [Query in keyof Port]: (...query: Parameters<Port[Query]>) => Awaited<ReturnType<Port[Query]>>;
};

export function createQueries(db: DatabaseSyncInstance): Queries {
  const names = createNames(db);
  const checkpoint = prepareRows<[number]>(db, 'SELECT checkpoint FROM state');
  const place = createCheckpointReader(db);
  return {
    checkpoint: () => checkpoint.get()?.[0] ?? 0,
    place: () => place() ?? nowhere,
    ...userQueries(db, names),
    ...conversationQueries(db, names),
    ...messageQueries(db, names),
    ...damageQueries(db, names),
  };
}

function damageQueries(db: DatabaseSyncInstance, names: Names): Pick<Queries, 'damage' | 'damages'> {
  const one = prepareRows<Value[]>(db, `SELECT ${selected('damage')} FROM damage WHERE _id = ?`);
  const open = prepareRows<Value[]>(
    db,
    `SELECT ${selected('damage')} FROM damage WHERE passed IS NULL ORDER BY _id LIMIT ?`,
  );
  const decode = decoder('damage');
  return {
    damage(stream) {
      const row = one.get(toStored(stream));
      return row && decode(row, names);
    },
    damages: (limit) => open.all(limit).map((row) => decode(row, names)),
  };
}

function userQueries(
  db: DatabaseSyncInstance,
  names: Names,
): Pick<Queries, 'user' | 'usersById' | 'users' | 'usersStarting'> {
  const one = prepareRows<Value[]>(db, `SELECT ${selected('user')} FROM user WHERE _id = ?`);
  const above = prepareRows<Value[]>(db, `SELECT ${selected('user')} FROM user WHERE _id > ? ORDER BY _id LIMIT ?`);
  const fromId = prepareRows<Value[]>(db, `SELECT ${selected('user')} FROM user WHERE _id >= ? ORDER BY _id LIMIT ?`);
  const fromName = prepareRows<Value[]>(
    db,
    `SELECT ${selected('user')} FROM user WHERE username >= ? ORDER BY username, _id LIMIT ?`,
  );
  const decode = decoder('user');
  function user(id: string): UserDocument | undefined {
    const row = one.get(toStored(id));
    return row && decode(row, names);
  }
  return {
    user,
    usersById: (ids) => [...new Set(ids)].map(user).filter((found) => found !== undefined),
    users: ({ after = '', limit }) => above.all(toStored(after), limit).map((row) => decode(row, names)),
    usersStarting(text, limit) {
      const page = (rows: Rows<Value[]>) => rows.all(toStored(text), limit).map((row) => decode(row, names));
      return usersOfText({ text, limit }, [page(fromId), page(fromName)]);
    },
  };
}
