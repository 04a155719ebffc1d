import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Projection } from './bulk-writer.ts';
import { readOnlyUri } from './files.ts';
import { prepareRows } from './rows.ts';

/** What is taken over from another read model when only one projection is built from the log. */
const others: Readonly<Record<Projection, string>> = {
  message: `
    INSERT INTO user SELECT * FROM other.user;
    INSERT INTO conversation SELECT * FROM other.conversation;
    INSERT INTO member SELECT * FROM other.member;`,
  // Messages name their conversation by number, so each keeps it.
  conversation: `
    INSERT INTO user SELECT * FROM other.user;
    INSERT INTO person SELECT * FROM other.person;
    INSERT INTO message SELECT * FROM other.message;
    INSERT INTO conversation SELECT number, 0, 0, 0, -1, id, '[]', '', -1, '', '' FROM other.conversation;`,
  user: `
    INSERT INTO person SELECT * FROM other.person;
    INSERT INTO conversation SELECT * FROM other.conversation;
    INSERT INTO member SELECT * FROM other.member;
    INSERT INTO message SELECT * FROM other.message;`,
};

/**
 * Copies every projection but one from the database at `path`, which may be written meanwhile. Returns the checkpoint of
 * what was copied.
 */
export function copyOthers(db: DatabaseSyncInstance, path: string, projection: Projection): number {
  db.prepare('ATTACH ? AS other').run(readOnlyUri(path));
  db.exec('BEGIN');
  const checkpoint = prepareRows<[number]>(db, 'SELECT checkpoint FROM other.state').get()?.[0] ?? 0;
  db.exec(`${others[projection]} COMMIT; DETACH other;`);
  return checkpoint;
}
