import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type {
  ConversationDocument,
  ConversationsQuery,
  MessageDocument,
  MessagesQuery,
  UserDocument,
} from '../read-model.ts';
import {
  conversationColumns,
  messageColumns,
  parseMembers,
  toConversation,
  toMessage,
  toUser,
  userColumns,
} from './documents.ts';
import type { ConversationRow, MessageRow, UserRow } from './documents.ts';
import { createPersonReader } from './persons.ts';
import { prepareRows } from './rows.ts';
import { fromStored, toStored } from './text.ts';
import type { StoredText } from './text.ts';

/** The port's queries over one connection, synchronous. */
export interface Queries {
  checkpoint(): number;
  user(id: string): UserDocument | undefined;
  usersById(ids: readonly string[]): UserDocument[];
  users(): UserDocument[];
  conversation(id: string): ConversationDocument | undefined;
  conversations(query: ConversationsQuery): ConversationDocument[];
  conversationsChangedSince(user: string, position: number, limit: number): ConversationDocument[];
  message(id: string): MessageDocument | undefined;
  messages(query: MessagesQuery): MessageDocument[];
  messageByClientId(sender: string, clientId: string): MessageDocument | undefined;
  greatestClientId(sender: string): string | undefined;
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

function userQueries(db: DatabaseSyncInstance): Pick<Queries, 'user' | 'usersById' | 'users'> {
  const one = prepareRows<UserRow>(db, `SELECT ${userColumns} FROM user WHERE id = ?`);
  const every = prepareRows<UserRow>(db, `SELECT ${userColumns} FROM user ORDER BY id`);
  function user(id: string): UserDocument | undefined {
    const row = one.get(toStored(id));
    return row && toUser(row);
  }
  return {
    user,
    usersById: (ids) => [...new Set(ids)].map(user).filter((found) => found !== undefined),
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
  const byClientId = prepareRows<MessageRow>(
    db,
    `${select} WHERE client_id = ? AND sender IN (SELECT number FROM person WHERE id = ?) ORDER BY position LIMIT 1`,
  );
  const conversationId = prepareRows<[StoredText]>(db, 'SELECT id FROM conversation WHERE number = ?');
  const membersOf = prepareRows<[string]>(
    db,
    'SELECT members FROM member JOIN conversation ON number = conversation WHERE user = ?',
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
      const row = byClientId.get(toStored(clientId), toStored(sender));
      const id = row && conversationId.get(row[9])?.[0];
      return row && id !== undefined ? toMessage(row, fromStored(id), personOf) : undefined;
    },
    greatestClientId(sender) {
      let greatest: string | undefined;
      for (const [members] of membersOf.all(toStored(sender))) {
        const id = parseMembers(members).find((member) => member.id === sender)?.greatest_client_id ?? undefined;
        if (id !== undefined && (greatest === undefined || id > greatest)) greatest = id;
      }
      return greatest;
    },
  };
}
