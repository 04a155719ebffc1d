import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../documents.ts';
import { encodeRows } from './columns.ts';
import type { Numbering } from './columns.ts';
import { createInsert } from './insert-rows.ts';
import { overwriting, tables } from './tables.ts';

/** Writes users; of one that is there already the newer state stays. */
export function createUserWriter(
  db: DatabaseSyncInstance,
  numbering: Numbering,
): (users: readonly UserDocument[]) => void {
  const newer = `${overwriting(tables.user)} WHERE excluded.position > ${tables.user.name}.position`;
  const insert = createInsert(db, tables.user, newer);
  return (users) => insert(encodeRows('user', users, numbering));
}
