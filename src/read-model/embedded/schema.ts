import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { documentsVersion } from '../documents.ts';
import { createTable, everyTable } from './tables.ts';

/** To be raised where tables or indexes are laid out in another way for the same documents. */
const layoutVersion = 3;

/** Shape of the tables, kept in `user_version`. A file of another version is not read: the log gives everything again. */
export const schemaVersion = 1_000 * layoutVersion + documentsVersion;

const schema = `
  CREATE TABLE state (checkpoint INTEGER NOT NULL, landmark TEXT);
  INSERT INTO state VALUES (0, NULL);
  ${everyTable.map(createTable).join('\n')}
`;

/** Every message has its place in its conversation. */
const seqIndex = 'CREATE UNIQUE INDEX message_by_seq ON message (conversation, seq);';
/**
 * Not unique: a projection rejects no fact, whatever the log says. It begins with the id, which most clients make from
 * the time, so that it grows at its end; by sender it would be written all over.
 */
const clientIdIndex = 'CREATE INDEX message_by_client_id ON message (client_id, "from");';
const nameIndex = 'CREATE INDEX user_by_name ON user (username);';
const whole = `PRAGMA user_version = ${schemaVersion};`;

/** Makes the tables of an empty read model. */
export function createSchema(db: DatabaseSyncInstance): void {
  db.exec(`BEGIN IMMEDIATE; ${schema} ${seqIndex} ${clientIdIndex} ${nameIndex} ${whole} COMMIT;`);
}

/** The same without the indexes of `message`, whose rows are then written several times as fast. */
export function createBareSchema(db: DatabaseSyncInstance): void {
  db.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
}

/** The first step from the bare schema to the whole one: conversations have their order. */
export function createSeqIndex(db: DatabaseSyncInstance): void {
  db.exec(seqIndex);
}

/** The last step. */
export function completeSchema(db: DatabaseSyncInstance): void {
  db.exec(`${clientIdIndex} ${nameIndex} ${whole}`);
}
