import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Projection } from '../construction.ts';
import type { MessagePatch } from '../read-model.ts';
import { renumber } from './encoder.ts';
import type { EncodedRows } from './encoder.ts';
import { createMessageInsert, createPatch } from './message-writer.ts';
import { prepareRows } from './rows.ts';
import { completeSchema, createSeqIndex } from './schema.ts';
import { isConstraint } from './sqlite-errors.ts';
import { createWriters } from './writers.ts';

/** Fills a read model that nobody reads yet. It is whole only after `complete`. */
export interface BulkWriter {
  /** What the next stretch of the log says. */
  add(batch: EncodedRows): void;
  /** Nothing more comes; the log was read up to `position`. */
  complete(position: number): void;
}

/** Rows in memory while a read model is filled; each is written when it has to make room, or at the end. */
const kept = { conversations: 200_000, memberships: 400_000 };

/** `wanted`: the projections to write; the rows of the others are there already. The tables have the bare schema. */
export function createBulkWriter(db: DatabaseSyncInstance, wanted: ReadonlySet<Projection>): BulkWriter {
  const { numbering, users, damages, conversations, memberships } = createWriters(db, kept);
  const insertMessages = createMessageInsert(db);
  const moveCheckpoint = db.prepare('UPDATE state SET checkpoint = ?');
  // Finding the messages that a patch changes needs the index that is made at the end.
  db.exec('CREATE TEMP TABLE waiting_patch (patch TEXT NOT NULL)');
  const wait = db.prepare('INSERT INTO waiting_patch VALUES (?)');
  const patchMessages = createPatch(db, numbering);

  return {
    add(batch) {
      db.exec('BEGIN');
      if (wanted.has('user')) users(batch.users);
      if (wanted.has('conversation')) {
        batch.conversations.forEach(conversations.take);
        batch.memberships.forEach(memberships.take);
        damages(batch.damages);
      }
      if (wanted.has('message')) {
        insertMessages(renumber(batch.messages, numbering));
        for (const patch of batch.patches) wait.run(JSON.stringify(patch));
      }
      db.exec('COMMIT');
    },
    complete(position) {
      indexBySeq(db);
      db.exec('BEGIN');
      conversations.flush();
      memberships.flush();
      const waiting = prepareRows<[string]>(db, 'SELECT patch FROM waiting_patch ORDER BY rowid');
      for (const [patch] of waiting.iterate()) patchMessages(JSON.parse(patch) as MessagePatch);
      moveCheckpoint.run(position);
      db.exec('COMMIT; DROP TABLE waiting_patch');
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
