import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../read-model.ts';
import { toStored } from './text.ts';

/** Writes users; one that is there already stays as it is. */
export function createUserWriter(db: DatabaseSyncInstance): (user: UserDocument) => void {
  const insert = db.prepare('INSERT INTO user VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  return ({ _id, username, avatar, position }) => {
    insert.run(toStored(_id), toStored(username), avatar === null ? null : toStored(avatar), position);
  };
}
