import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ConversationChange, ReadModelBatch, ReadRange, UserDocument } from '../read-model.ts';
import { createConversationWriter } from './conversation-writer.ts';
import { encodeMessages } from './message-changeset.ts';
import type { MessageChangeset } from './message-changeset.ts';
import { createReadMarker, createRowAdder } from './message-writer.ts';
import { createPersonNumbers } from './persons.ts';
import { prepareRows } from './rows.ts';
import { completeSchema, createSeqIndex } from './schema.ts';
import { isConstraint } from './sqlite-errors.ts';
import { createUserWriter } from './user-writer.ts';

/** A batch in the form in which threads hand it on and the bulk writer takes it. */
export interface EncodedBatch {
  readonly users: readonly UserDocument[];
  readonly messages: MessageChangeset;
  readonly reads: readonly ReadRange[];
  readonly conversations: readonly ConversationChange[];
}

export function encodeBatch({ users, messages, reads, conversations }: ReadModelBatch): EncodedBatch {
  return { users, messages: encodeMessages(messages), reads, conversations };
}

/** The three projections. */
export const projections = ['message', 'conversation', 'user'] as const;
export type Projection = (typeof projections)[number];

/** Fills a read model that nobody reads yet. It is whole only after `complete`. */
export interface BulkWriter {
  /** What the next stretch of the log says. */
  add(batch: EncodedBatch): void;
  /** Nothing more comes; the log was read up to `position`. */
  complete(position: number): void;
}

/** Conversations in memory while a read model is filled; each is written when it has to make room, or at the end. */
const conversationsKept = 200_000;

/** `wanted`: the projections to write; the rows of the others are there already. The tables have the bare schema. */
export function createBulkWriter(db: DatabaseSyncInstance, wanted: ReadonlySet<Projection>): BulkWriter {
  const persons = createPersonNumbers(db);
  const conversations = createConversationWriter(db, conversationsKept);
  const writeUser = createUserWriter(db);
  const moveCheckpoint = db.prepare('UPDATE state SET checkpoint = ?');
  // Finding the messages that a read marks needs the index that is made at the end.
  db.exec('CREATE TEMP TABLE waiting_read (range TEXT NOT NULL)');
  const wait = db.prepare('INSERT INTO waiting_read VALUES (?)');
  const markRead = createReadMarker(db, persons, conversations);
  const addRows = createRowAdder(db, persons, conversations);

  return {
    add({ users, messages, reads, conversations: changes }) {
      db.exec('BEGIN');
      if (wanted.has('user')) users.forEach(writeUser);
      if (wanted.has('conversation')) changes.forEach(conversations.take);
      if (wanted.has('message')) {
        if (!addRows(messages)) throw new Error('messages could not be added: one has the place of another');
        for (const range of reads) wait.run(JSON.stringify(range));
      }
      db.exec('COMMIT');
    },
    complete(position) {
      indexBySeq(db);
      db.exec('BEGIN');
      conversations.flush();
      const waiting = prepareRows<[string]>(db, 'SELECT range FROM waiting_read ORDER BY rowid');
      for (const [range] of waiting.iterate()) markRead(JSON.parse(range) as ReadRange);
      moveCheckpoint.run(position);
      db.exec('COMMIT; DROP TABLE waiting_read');
      completeSchema(db);
    },
  };
}

/** Where a damaged log holds a seq twice, the first in log order stays, as it does when messages come one by one. */
function indexBySeq(db: DatabaseSyncInstance): void {
  try {
    createSeqIndex(db);
  } catch (error) {
    if (!isConstraint(error)) throw error;
    db.exec('DELETE FROM message WHERE position NOT IN (SELECT min(position) FROM message GROUP BY conversation, seq)');
    createSeqIndex(db);
  }
}
