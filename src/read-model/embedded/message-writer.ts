import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { MessageDocument, ReadRange } from '../read-model.ts';
import type { ConversationWriter } from './conversation-writer.ts';
import { encodeMessages, renumber } from './message-changeset.ts';
import type { MessageChangeset } from './message-changeset.ts';
import type { PersonNumbers } from './persons.ts';
import { toStored } from './text.ts';

/** From this many rows on, one call for all is cheaper than a statement for each. */
const worthChangeset = 256;

export interface MessageWriter {
  /** Those that are there already only become read. */
  readonly insert: (messages: readonly MessageDocument[]) => void;
  readonly markRead: (range: ReadRange) => void;
}

export function createMessageWriter(
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
  const add = createRowAdder(db, persons, conversations);

  function insertOne(message: MessageDocument): void {
    const { position, conversation, seq, revision, from, to, send_date, read_date, client_id, msg } = message;
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
  }

  return {
    insert(messages) {
      if (messages.length >= worthChangeset && add(encodeMessages(messages))) return;
      messages.forEach(insertOne);
    },
    markRead: createReadMarker(db, persons, conversations),
  };
}

/** Adds rows in one call. False: one has the place of another, and none was added. */
export function createRowAdder(
  db: DatabaseSyncInstance,
  persons: PersonNumbers,
  conversations: ConversationWriter,
): (messages: MessageChangeset) => boolean {
  return (messages) => {
    renumber(messages, messages.conversations.map(conversations.numberOf), messages.persons.map(persons.numberOf));
    return db.applyChangeset(messages.bytes);
  };
}

/** Marks what a read range names; needs the index by seq. */
export function createReadMarker(
  db: DatabaseSyncInstance,
  persons: PersonNumbers,
  conversations: ConversationWriter,
): (range: ReadRange) => void {
  const update = db.prepare(
    `UPDATE message SET read_date = ?
     WHERE conversation = ? AND seq > ? AND seq <= ? AND addressee = ? AND read_date IS NULL`,
  );
  return ({ conversation, reader, after, up_to, read_date }) => {
    const number = conversations.numberOf(conversation);
    for (const person of persons.numbersOf(reader)) update.run(read_date, number, after, up_to, person);
  };
}
