import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ConversationDocument, MessageDocument, UserDocument } from '../read-model.ts';
import { conversationColumns, messageColumns, toConversation, toMessage, toUser, userColumns } from './documents.ts';
import type { ConversationRow, MessageRow, UserRow } from './documents.ts';
import { createPersonReader } from './persons.ts';
import { prepareRows } from './rows.ts';
import { fromStored } from './text.ts';
import type { StoredText } from './text.ts';

/** Documents in one page of a scan. */
const pageSize = 1_000;

/** Every document in the port's order, a page at a time: nothing is locked between two pages. */
export interface Scans {
  users(): Generator<readonly UserDocument[]>;
  conversations(): Generator<readonly ConversationDocument[]>;
  messages(): Generator<readonly MessageDocument[]>;
}

/** `schema`: which of the databases of the connection. */
export function createScans(db: DatabaseSyncInstance, schema = 'main'): Scans {
  return {
    *users() {
      const page = prepareRows<UserRow>(
        db,
        `SELECT ${userColumns} FROM ${schema}.user WHERE id > ? ORDER BY id LIMIT ${pageSize}`,
      );
      for (const rows of pages(page.all, '', (row) => row[0])) yield rows.map(toUser);
    },
    *conversations() {
      const page = prepareRows<ConversationRow>(
        db,
        `SELECT ${conversationColumns} FROM ${schema}.conversation WHERE id > ? AND last_seq > 0 ORDER BY id LIMIT ${pageSize}`,
      );
      for (const rows of pages(page.all, '', (row) => row[0])) yield rows.map(toConversation);
    },
    *messages() {
      const personOf = createPersonReader(db, schema);
      const conversations = prepareRows<[StoredText, number]>(
        db,
        `SELECT id, number FROM ${schema}.conversation WHERE id > ? ORDER BY id LIMIT ${pageSize}`,
      );
      const page = prepareRows<MessageRow>(
        db,
        `SELECT ${messageColumns} FROM ${schema}.message WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ${pageSize}`,
      );
      let waiting: MessageDocument[] = [];
      for (const listed of pages(conversations.all, '', (row) => row[0])) {
        for (const [stored, number] of listed) {
          const id = fromStored(stored);
          const ofConversation = (seq: number): MessageRow[] => page.all(number, seq);
          for (const rows of pages(ofConversation, Number.MIN_SAFE_INTEGER, (row) => row[1])) {
            for (const row of rows) waiting.push(toMessage(row, id, personOf));
            if (waiting.length >= pageSize) {
              yield waiting;
              waiting = [];
            }
          }
        }
      }
      if (waiting.length > 0) yield waiting;
    },
  };
}

/** Pages of rows, each after the key of the last row before, until there are no more. */
function* pages<Row, Key>(read: (after: Key) => Row[], first: Key, keyOf: (row: Row) => Key): Generator<Row[]> {
  let after = first;
  for (;;) {
    const rows = read(after);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = keyOf(last);
  }
}
