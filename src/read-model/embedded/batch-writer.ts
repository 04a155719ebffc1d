import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { ReadModelMovedError } from '../read-model.ts';
import type { AppliedSpan, ReadModelBatch } from '../read-model.ts';
import { createCheckpointWriter } from './checkpoint.ts';
import { createMessageWriter } from './message-writer.ts';
import { prepareRows } from './rows.ts';
import { createWriters } from './writers.ts';

/** Writes batches over one connection, which must be the only one that writes. */
export interface BatchWriter {
  /**
   * All of the batch and its position, or nothing of them. A position at or below the checkpoint changes nothing.
   * Throws `ReadModelMovedError`, and errors of SQLite.
   */
  apply(batch: ReadModelBatch, span: AppliedSpan): void;
}

export function createBatchWriter(db: DatabaseSyncInstance): BatchWriter {
  const checkpoint = prepareRows<[number]>(db, 'SELECT checkpoint FROM state');
  const moveCheckpoint = createCheckpointWriter(db);
  const { numbering, users, damages, conversations, memberships, forget } = createWriters(db);
  const messages = createMessageWriter(db, numbering);

  return {
    apply(batch, { after, position, landmark }) {
      const reached = checkpoint.get()?.[0] ?? 0;
      if (reached < after) throw new ReadModelMovedError(after, reached);
      if (position <= reached) return;
      db.exec('BEGIN IMMEDIATE');
      try {
        users(batch.users);
        damages(batch.damages);
        batch.conversations.forEach(conversations.take);
        batch.memberships.forEach(memberships.take);
        messages.insert(batch.messages);
        batch.patches.forEach(messages.patch);
        conversations.flush();
        memberships.flush();
        moveCheckpoint({ position, landmark });
        db.exec('COMMIT');
      } catch (error) {
        forget();
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}
