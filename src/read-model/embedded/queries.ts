import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import type {
  ConversationDocument,
  ConversationsQuery,
  MessageDocument,
  MessagesQuery,
  UserDocument,
  UserRefDocument,
} from '../read-model.ts';
import { conversationColumns, messageColumns, toConversation, toMessage, toUser, userColumns } from './documents.ts';
import type { ConversationRow, MessageRow, UserRow } from './documents.ts';
import { fromStored, toStored } from './text.ts';
import type { StoredText } from './text.ts';

/** The port's queries over one connection, synchronous. */
export interface Queries {
  checkpoint(): number;
  user(id: string): UserDocument | undefined;
  users(): UserDocument[];
  conversation(id: string): ConversationDocument | undefined;
  conversations(query: ConversationsQuery): ConversationDocument[];
  conversationsChangedSince(user: string, position: number, limit: number): ConversationDocument[];
  message(id: string): MessageDocument | undefined;
  messages(query: MessagesQuery): MessageDocument[];
  messageByClientId(sender: string, clientId: string): MessageDocument | undefined;
  greatestClientId(sender: string): string | undefined;
}

/** A prepared statement whose rows come as arrays of the given shape. */
export function prepareRows<Row>(db: DatabaseSyncInstance, sql: string): Rows<Row> {
  const statement: StatementSyncInstance = db.prepare(sql);
  statement.setReturnArrays(true);
  return {
    get: (...parameters) => statement.get(...parameters) as Row | undefined,
    all: (...parameters) => statement.all(...parameters) as Row[],
  };
}

export interface Rows<Row> {
  readonly get: (...parameters: readonly unknown[]) => Row | undefined;
  readonly all: (...parameters: readonly unknown[]) => Row[];
}

/** Persons are written once and never change, so what was read of them stays true. */
const personsKept = 50_000;

/** Finds the person that a number stands for. */
export function createPersonReader(db: DatabaseSyncInstance): (number: number) => UserRefDocument {
  const select = prepareRows<[StoredText, StoredText]>(db, 'SELECT id, username FROM person WHERE number = ?');
  const known = new LRUCache<number, UserRefDocument>({ max: personsKept });
  return (number) => {
    const kept = known.get(number);
    if (kept !== undefined) return kept;
    const row = select.get(number);
    if (row === undefined) throw new Error(`the read model has no person ${number}`);
    const ref = { id: fromStored(row[0]), username: fromStored(row[1]) };
    known.set(number, ref);
    return ref;
  };
}

export function createQueries(db: DatabaseSyncInstance): Queries {
  const checkpoint = prepareRows<[number]>(db, 'SELECT checkpoint FROM state');
  return {
    checkpoint: () => checkpoint.get()?.[0] ?? 0,
    ...userQueries(db),
    ...conversationQueries(db),
    ...messageQueries(db),
  };
}

function userQueries(db: DatabaseSyncInstance): Pick<Queries, 'user' | 'users'> {
  const one = prepareRows<UserRow>(db, `SELECT ${userColumns} FROM user WHERE id = ?`);
  const every = prepareRows<UserRow>(db, `SELECT ${userColumns} FROM user ORDER BY id`);
  return {
    user(id) {
      const row = one.get(toStored(id));
      return row && toUser(row);
    },
    users: () => every.all().map(toUser),
  };
}

/** The numbers are found and sorted first; only the page's own rows are read in full. */
function pageOfConversations(where: string, order: string): string {
  return `
    SELECT ${conversationColumns} FROM conversation JOIN (
      SELECT c.number AS found FROM member AS m CROSS JOIN conversation AS c ON c.number = m.conversation
      WHERE m.user = ? AND c.last_seq > 0 AND ${where} ORDER BY ${order} LIMIT ?
    ) ON number = found ORDER BY ${order}`;
}

type ConversationQueries = Pick<Queries, 'conversation' | 'conversations' | 'conversationsChangedSince'>;

function conversationQueries(db: DatabaseSyncInstance): ConversationQueries {
  const newestFirst = 'updated_at DESC, id DESC';
  const one = prepareRows<ConversationRow>(
    db,
    `SELECT ${conversationColumns} FROM conversation WHERE id = ? AND last_seq > 0`,
  );
  const first = prepareRows<ConversationRow>(db, pageOfConversations('TRUE', newestFirst));
  const next = prepareRows<ConversationRow>(db, pageOfConversations('(c.updated_at, c.id) < (?, ?)', newestFirst));
  const changed = prepareRows<ConversationRow>(db, pageOfConversations('c.last_position > ?', 'last_position'));
  return {
    conversation(id) {
      const row = one.get(toStored(id));
      return row && toConversation(row);
    },
    conversations({ user, before, limit }) {
      const rows =
        before === undefined
          ? first.all(toStored(user), limit)
          : next.all(toStored(user), before.updated_at, toStored(before._id), limit);
      return rows.map(toConversation);
    },
    conversationsChangedSince: (user, position, limit) =>
      changed.all(toStored(user), position, limit).map(toConversation),
  };
}

type MessageQueries = Pick<Queries, 'message' | 'messages' | 'messageByClientId' | 'greatestClientId'>;

function messageQueries(db: DatabaseSyncInstance): MessageQueries {
  const personOf = createPersonReader(db);
  const select = `SELECT ${messageColumns} FROM message`;
  const ofConversation = 'conversation = (SELECT number FROM conversation WHERE id = ?)';
  const one = prepareRows<MessageRow>(db, `${select} WHERE ${ofConversation} AND seq = ?`);
  const below = prepareRows<MessageRow>(db, `${select} WHERE ${ofConversation} AND seq < ? ORDER BY seq DESC LIMIT ?`);
  const above = prepareRows<MessageRow>(db, `${select} WHERE ${ofConversation} AND seq > ? ORDER BY seq LIMIT ?`);
  const ofSender = 'sender IN (SELECT number FROM person WHERE id = ?)';
  const byClientId = prepareRows<MessageRow>(
    db,
    `${select} WHERE ${ofSender} AND client_id = ? ORDER BY position LIMIT 1`,
  );
  const conversationId = prepareRows<[StoredText]>(db, 'SELECT id FROM conversation WHERE number = ?');
  const greatest = prepareRows<[StoredText | null]>(
    db,
    `SELECT (SELECT max(client_id) FROM message WHERE sender = number) FROM person WHERE id = ?`,
  );

  return {
    message(id) {
      const colon = id.lastIndexOf(':');
      const conversation = id.slice(0, colon);
      const seq = Number(id.slice(colon + 1));
      if (colon < 0 || !Number.isSafeInteger(seq)) return undefined;
      const row = one.get(toStored(conversation), seq);
      const document = row && toMessage(row, conversation, personOf);
      return document?._id === id ? document : undefined;
    },
    messages({ conversation, before, after, limit }) {
      const rows =
        after === undefined
          ? below.all(toStored(conversation), before ?? Number.MAX_SAFE_INTEGER, limit)
          : above.all(toStored(conversation), after, limit);
      return rows.map((row) => toMessage(row, conversation, personOf));
    },
    messageByClientId(sender, clientId) {
      const row = byClientId.get(toStored(sender), toStored(clientId));
      const id = row && conversationId.get(row[9])?.[0];
      return row && id !== undefined ? toMessage(row, fromStored(id), personOf) : undefined;
    },
    greatestClientId(sender) {
      const found = greatest.all(toStored(sender)).flatMap(([id]) => (id === null ? [] : [fromStored(id)]));
      return found.reduce<string | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
    },
  };
}
