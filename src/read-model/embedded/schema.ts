import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** Shape of the tables, kept in `user_version`. A file of another version is not read: the log gives everything again. */
export const schemaVersion = 2;

/**
 * - `person` keeps each (id, username) that messages name once, so that a message row holds two small numbers.
 * - `message` is keyed by position: rows arrive in that order, so its tree only grows at the end. The order of a
 *   conversation is an index of small numbers.
 * - `message_by_client_id` is not unique: a projection rejects no fact, whatever the log says. It begins with the id,
 *   which most clients make from the time, so that it grows at its end; by sender it would be written all over.
 * - `member` is written once for each member of a conversation. The friend list is sorted when it is asked for, over
 *   the conversations of one user (about a millisecond for a thousand). In exchange a message moves no index entry:
 *   it writes one conversation row, however many members there are.
 * - `conversation.members` is JSON, `[[id, username, read_seq, read_date, own_seq, greatest_client_id], …]`: a few
 *   members are read and written in one go. `last_msg` is the last column, so that sorting never reads a long text.
 * - A conversation with `last_seq` 0 has no message yet and is not shown.
 */
const tables = `
  CREATE TABLE state (checkpoint INTEGER NOT NULL);
  INSERT INTO state VALUES (0);
  CREATE TABLE user (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    avatar TEXT,
    position INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE person (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    username TEXT NOT NULL,
    UNIQUE (id, username)
  );
  CREATE TABLE conversation (
    number INTEGER PRIMARY KEY,
    updated_at INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    members TEXT NOT NULL,
    last_client_id TEXT NOT NULL,
    last_revision INTEGER NOT NULL,
    last_from TEXT NOT NULL,
    last_msg TEXT NOT NULL
  );
  CREATE TABLE member (
    user TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    PRIMARY KEY (user, conversation)
  ) WITHOUT ROWID;
  CREATE TABLE message (
    position INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    addressee INTEGER,
    send_date INTEGER NOT NULL,
    read_date INTEGER,
    client_id TEXT NOT NULL,
    msg TEXT NOT NULL
  );
`;

const seqIndex = 'CREATE UNIQUE INDEX message_by_seq ON message (conversation, seq);';
const clientIdIndex = 'CREATE INDEX message_by_client_id ON message (client_id, sender);';
const whole = `PRAGMA user_version = ${schemaVersion};`;

/** Makes the tables of an empty read model. */
export function createSchema(db: DatabaseSyncInstance): void {
  db.exec(`BEGIN IMMEDIATE; ${tables} ${seqIndex} ${clientIdIndex} ${whole} COMMIT;`);
}

/** The same without the indexes of `message`, whose rows are then written several times as fast. */
export function createBareSchema(db: DatabaseSyncInstance): void {
  db.exec(`BEGIN IMMEDIATE; ${tables} COMMIT;`);
}

/** The first step from the bare schema to the whole one: conversations have their order. */
export function createSeqIndex(db: DatabaseSyncInstance): void {
  db.exec(seqIndex);
}

/** The last step. */
export function completeSchema(db: DatabaseSyncInstance): void {
  db.exec(`${clientIdIndex} ${whole}`);
}
