import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import type { UserRefDocument } from '../read-model.ts';
import { prepareRows } from './rows.ts';
import { fromStored, toStored } from './text.ts';
import type { StoredText } from './text.ts';

/** Persons remembered by one connection. They are written once and never change, so what was read stays true. */
const personsKept = 50_000;

/** Finds the person that a number stands for. */
export function createPersonReader(db: DatabaseSyncInstance, schema = 'main'): (number: number) => UserRefDocument {
  const select = prepareRows<[StoredText, StoredText]>(
    db,
    `SELECT id, username FROM ${schema}.person WHERE number = ?`,
  );
  const known = new LRUCache<number, UserRefDocument>({ max: personsKept });
  return (number) => {
    const kept = known.get(number);
    if (kept !== undefined) return kept;
    const row = select.get(number);
    if (row === undefined) throw new Error(`the read model has no person ${number}`);
    const ref = { id: fromStored(row[0]), username: fromStored(row[1]) };
    known.set(number, ref);
    return ref;
  };
}

/** Numbers persons, in the order in which messages name them. */
export interface PersonNumbers {
  readonly numberOf: (person: UserRefDocument) => number;
  /** Numbers under which messages name this user: one, unless its name ever changed. */
  readonly numbersOf: (id: string) => number[];
  /** To be called after a rollback. */
  readonly forget: () => void;
}

export function createPersonNumbers(db: DatabaseSyncInstance): PersonNumbers {
  const find = prepareRows<[number]>(db, 'SELECT number FROM person WHERE id = ? AND username = ?');
  const findAll = prepareRows<[number]>(db, 'SELECT number FROM person WHERE id = ?');
  const insert = db.prepare('INSERT INTO person (id, username) VALUES (?, ?)');
  const known = new LRUCache<string, { readonly number: number; readonly username: string }>({ max: personsKept });
  return {
    numberOf({ id, username }) {
      const kept = known.get(id);
      if (kept?.username === username) return kept.number;
      const key = [toStored(id), toStored(username)];
      const number = find.get(...key)?.[0] ?? Number(insert.run(...key).lastInsertRowid);
      known.set(id, { number, username });
      return number;
    },
    numbersOf: (id) => findAll.all(toStored(id)).map(([number]) => number),
    forget: () => known.clear(),
  };
}
