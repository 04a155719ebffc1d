import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { decoder, selected } from './columns.ts';
import type { Names, Value } from './columns.ts';
import { createFriendList } from './friend-list.ts';
import type { Queries } from './queries.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';

type ConversationQueries = Pick<Queries, 'conversation' | 'membership' | 'conversations' | 'conversationsChangedSince'>;

export function conversationQueries(db: DatabaseSyncInstance, names: Names): ConversationQueries {
  const decode = decoder('conversation');
  const toMembership = decoder('membership');
  const all = selected('conversation');
  const one = prepareRows<Value[]>(db, `SELECT ${all} FROM conversation WHERE _id = ? AND last_seq > 0`);
  const member = prepareRows<Value[]>(
    db,
    `SELECT ${selected('membership')} FROM membership
     WHERE user = ? AND conversation = (SELECT number FROM conversation WHERE _id = ?)`,
  );
  const changed = prepareRows<Value[]>(
    db,
    `SELECT ${all} ${ofUser} AND conversation.last_position > ? ORDER BY conversation.last_position LIMIT ?`,
  );
  return {
    conversation(id) {
      const row = one.get(toStored(id));
      return row && decode(row, names);
    },
    conversations: createFriendList(db, names),
    conversationsChangedSince: (user, position, limit) =>
      changed.all(toStored(user), position, limit).map((row) => decode(row, names)),
    membership(user, conversation) {
      const row = member.get(toStored(user), toStored(conversation));
      return row && toMembership(row, names);
    },
  };
}

/** The user's conversations that have a message, from the user's memberships. */
const ofUser = `
  FROM membership CROSS JOIN conversation ON conversation.number = membership.conversation
  WHERE membership.user = ? AND conversation.last_seq > 0`;
