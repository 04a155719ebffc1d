import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../documents.ts';
import { encodeRows } from './columns.ts';
import type { Numbering } from './columns.ts';
import { createInsert } from './insert-rows.ts';
import { tables } from './tables.ts';

/** Writes users; one that is there already stays as it is. */
export function createUserWriter(
  db: DatabaseSyncInstance,
  numbering: Numbering,
): (users: readonly UserDocument[]) => void {
  const insert = createInsert(db, tables.user, 'ON CONFLICT DO NOTHING');
  return (users) => insert(encodeRows('user', users, numbering));
}
