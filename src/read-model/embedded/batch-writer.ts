import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import { ReadModelMovedError } from '../read-model.ts';
import type {
  AppliedSpan,
  ConversationChange,
  MessageDocument,
  ReadModelBatch,
  ReadRange,
  UserDocument,
  UserRefDocument,
} from '../read-model.ts';
import { parseMembers, stringifyMembers } from './documents.ts';
import { mergeConversation, unknownConversation } from './merge.ts';
import type { ConversationState } from './merge.ts';
import { prepareRows } from './queries.ts';
import { toStored } from './text.ts';

/** Conversations and persons whose rows are remembered, so that a batch writes without reading first. */
const conversationsKept = 20_000;
const personsKept = 50_000;

interface KnownConversation {
  readonly number: number;
  state: ConversationState;
}

interface KnownPerson {
  readonly number: number;
  readonly username: string;
}

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
  const moveCheckpoint = db.prepare('UPDATE state SET checkpoint = ?');
  const writeUser = userWriter(db);
  const persons = createPersonNumbers(db);
  const conversations = createConversationWriter(db);
  const messages = createMessageWriter(db, persons, conversations);

  return {
    apply(batch, { after, position }) {
      const reached = checkpoint.get()?.[0] ?? 0;
      if (reached < after) throw new ReadModelMovedError(after, reached);
      if (position <= reached) return;
      db.exec('BEGIN IMMEDIATE');
      try {
        batch.users.forEach(writeUser);
        batch.conversations.forEach(conversations.write);
        batch.messages.forEach(messages.insert);
        batch.reads.forEach(messages.markRead);
        moveCheckpoint.run(position);
        db.exec('COMMIT');
      } catch (error) {
        conversations.forget();
        persons.forget();
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

function userWriter(db: DatabaseSyncInstance): (user: UserDocument) => void {
  const insert = db.prepare('INSERT INTO user VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  return ({ _id, username, avatar, position }) => {
    insert.run(toStored(_id), toStored(username), avatar === null ? null : toStored(avatar), position);
  };
}

interface PersonNumbers {
  readonly numberOf: (person: UserRefDocument) => number;
  /** Numbers under which messages name this user: one, unless its name ever changed. */
  readonly numbersOf: (id: string) => number[];
  readonly forget: () => void;
}

function createPersonNumbers(db: DatabaseSyncInstance): PersonNumbers {
  const find = prepareRows<[number]>(db, 'SELECT number FROM person WHERE id = ? AND username = ?');
  const findAll = prepareRows<[number]>(db, 'SELECT number FROM person WHERE id = ?');
  const insert = db.prepare('INSERT INTO person (id, username) VALUES (?, ?)');
  const known = new LRUCache<string, KnownPerson>({ max: personsKept });
  return {
    numberOf({ id, username }) {
      const kept = known.get(id);
      if (kept?.username === username) return kept.number;
      const key = [toStored(id), toStored(username)];
      const number = find.get(...key)?.[0] ?? Number(insert.run(...key).lastInsertRowid);
      known.set(id, { number, username });
      return number;
    },
    numbersOf: (id) => findAll.all(toStored(id)).map(([number]) => number),
    forget: () => known.clear(),
  };
}

interface ConversationWriter {
  readonly write: (change: ConversationChange) => void;
  readonly numberOf: (id: string) => number;
  readonly forget: () => void;
}

function createConversationWriter(db: DatabaseSyncInstance): ConversationWriter {
  const find = prepareRows<[number, number, number, string]>(
    db,
    'SELECT number, revision, last_seq, members FROM conversation WHERE id = ?',
  );
  const insert = db.prepare("INSERT INTO conversation VALUES (NULL, 0, 0, 0, -1, ?, '[]', '', '')");
  const touch = db.prepare('UPDATE conversation SET revision = ?, last_position = ?, members = ? WHERE number = ?');
  const advance = db.prepare(
    `UPDATE conversation SET revision = ?, last_position = ?, members = ?,
       last_seq = ?, updated_at = ?, last_from = ?, last_msg = ? WHERE number = ?`,
  );
  const link = db.prepare('INSERT INTO member VALUES (?, ?) ON CONFLICT DO NOTHING');
  const known = new LRUCache<string, KnownConversation>({ max: conversationsKept });

  function conversationOf(id: string): KnownConversation {
    const kept = known.get(id);
    if (kept !== undefined) return kept;
    const row = find.get(toStored(id));
    const conversation: KnownConversation =
      row === undefined
        ? { number: Number(insert.run(toStored(id)).lastInsertRowid), state: unknownConversation }
        : { number: row[0], state: { revision: row[1], last_seq: row[2], members: parseMembers(row[3]) } };
    known.set(id, conversation);
    return conversation;
  }

  return {
    write(change) {
      const conversation = conversationOf(change._id);
      const before = conversation.state;
      const after = mergeConversation(before, change);
      if (after === before) return;
      conversation.state = after;
      const { number } = conversation;
      const moved = [change.revision, change.last_position, stringifyMembers(after.members)];
      const last = change.last_message;
      if (last !== undefined && last.seq > before.last_seq) {
        advance.run(...moved, last.seq, last.send_date, toStored(last.from), toStored(last.msg), number);
      } else {
        touch.run(...moved, number);
      }
      if (after.members.length > before.members.length) {
        for (const member of after.members) link.run(toStored(member.id), number);
      }
    },
    numberOf: (id) => conversationOf(id).number,
    forget: () => known.clear(),
  };
}

interface MessageWriter {
  readonly insert: (message: MessageDocument) => void;
  readonly markRead: (range: ReadRange) => void;
}

function createMessageWriter(
  db: DatabaseSyncInstance,
  persons: PersonNumbers,
  conversations: ConversationWriter,
): MessageWriter {
  const insert = db.prepare(
    `INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (position) DO UPDATE SET read_date = excluded.read_date
       WHERE message.read_date IS NULL AND excluded.read_date IS NOT NULL
     ON CONFLICT DO NOTHING`,
  );
  const markRead = db.prepare(
    `UPDATE message SET read_date = ?
     WHERE conversation = ? AND seq > ? AND seq <= ? AND addressee = ? AND read_date IS NULL`,
  );
  return {
    insert({ position, conversation, seq, revision, from, to, send_date, read_date, client_id, msg }) {
      insert.run(
        position,
        conversations.numberOf(conversation),
        seq,
        revision,
        persons.numberOf(from),
        to === null ? null : persons.numberOf(to),
        send_date,
        read_date,
        toStored(client_id),
        toStored(msg),
      );
    },
    markRead({ conversation, reader, after, up_to, read_date }) {
      const number = conversations.numberOf(conversation);
      for (const person of persons.numbersOf(reader)) markRead.run(read_date, number, after, up_to, person);
    },
  };
}
