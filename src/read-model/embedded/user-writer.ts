import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../documents.ts';
import { encoder } from './columns.ts';
import type { Numbering, Value } from './columns.ts';
import { createInsert } from './insert-rows.ts';
import { tables } from './tables.ts';

/** Writes users; one that is there already stays as it is. */
export function createUserWriter(
  db: DatabaseSyncInstance,
  numbering: Numbering,
): (users: readonly UserDocument[]) => void {
  const encode = encoder('user', numbering);
  const insert = createInsert(db, tables.user, 'ON CONFLICT DO NOTHING');
  return (users) => {
    const values: Value[] = [];
    for (const user of users) encode(user, values);
    insert(values);
  };
}
