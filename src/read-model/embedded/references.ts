import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import type { UserRefDocument } from '../documents.ts';
import type { Names } from './columns.ts';
import { prepareRows } from './rows.ts';
import { fromStored, toStored } from './text.ts';
import type { StoredText } from './text.ts';

/** Persons, and conversations, remembered by one connection. What was committed stands for the same for ever. */
const kept = 50_000;

/** Finds what the numbers in rows stand for. `schema`: which of the databases of the connection. */
export function createNames(db: DatabaseSyncInstance, schema = 'main'): Names {
  const conversation = prepareRows<[StoredText]>(db, `SELECT _id FROM ${schema}.conversation WHERE number = ?`);
  return {
    personOf: remembered(createPersonReader(db, schema)),
    conversationOf: remembered((number) => {
      const row = conversation.get(number);
      if (row === undefined) throw new Error(`the read model has no conversation ${number}`);
      return fromStored(row[0]);
    }),
  };
}

function createPersonReader(db: DatabaseSyncInstance, schema: string): (number: number) => UserRefDocument {
  const person = prepareRows<[StoredText, StoredText]>(
    db,
    `SELECT id, username FROM ${schema}.person WHERE number = ?`,
  );
  return (number) => {
    const row = person.get(number);
    if (row === undefined) throw new Error(`the read model has no person ${number}`);
    return { id: fromStored(row[0]), username: fromStored(row[1]) };
  };
}

/** Every row asks: a plain map answers four times as fast as one that knows what was used last. */
function remembered<T extends object | string>(find: (number: number) => T): (number: number) => T {
  const known = new Map<number, T>();
  return (number) => {
    let found = known.get(number);
    if (found === undefined) {
      found = find(number);
      if (known.size >= kept) known.clear();
      known.set(number, found);
    }
    return found;
  };
}

/** Numbers persons, in the order in which messages name them. */
export interface PersonNumbers {
  readonly numberOf: (person: UserRefDocument) => number;
  /** Numbers under which messages name this user: one, unless its name ever changed. */
  readonly numbersOf: (id: string) => number[];
  readonly personOf: (number: number) => UserRefDocument;
  /** To be called after a rollback. */
  readonly forget: () => void;
}

export function createPersonNumbers(db: DatabaseSyncInstance): PersonNumbers {
  const find = prepareRows<[number]>(db, 'SELECT number FROM person WHERE id = ? AND username = ?');
  const findAll = prepareRows<[number]>(db, 'SELECT number FROM person WHERE id = ?');
  const insert = db.prepare('INSERT INTO person (id, username) VALUES (?, ?)');
  const known = new LRUCache<string, { readonly number: number; readonly username: string }>({ max: kept });
  return {
    numberOf({ id, username }) {
      const found = known.get(id);
      if (found?.username === username) return found.number;
      const key = [toStored(id), toStored(username)];
      const number = find.get(...key)?.[0] ?? Number(insert.run(...key).lastInsertRowid);
      known.set(id, { number, username });
      return number;
    },
    numbersOf: (id) => findAll.all(toStored(id)).map(([number]) => number),
    personOf: createPersonReader(db, 'main'),
    forget: () => known.clear(),
  };
}
