import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { MembershipDocument } from '../documents.ts';
import type { ListedConversation } from '../read-model.ts';
import { columns, decoder, selected } from './columns.ts';
import type { Names, Value } from './columns.ts';
import type { Queries } from './queries.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';

type ConversationQueries = Pick<
  Queries,
  'conversation' | 'membership' | 'membershipsById' | 'conversations' | 'conversationsChangedSince'
>;

export function conversationQueries(db: DatabaseSyncInstance, names: Names): ConversationQueries {
  const decode = decoder('conversation');
  const all = selected('conversation');
  const one = prepareRows<Value[]>(db, `SELECT ${all} FROM conversation WHERE _id = ? AND last_seq > 0`);
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
    ...membershipQueries(db, names),
  };
}

/** The user's conversations that have a message, from the user's memberships. */
const ofUser = `
  FROM membership CROSS JOIN conversation ON conversation.number = membership.conversation
  WHERE membership.user = ? AND conversation.last_seq > 0`;

/** Numbers are found and sorted first; only the page's own rows are read in full. */
function pageWhere(condition: string): string {
  return `
    SELECT ${selected('conversation', 'c')}, ${selected('membership', 'm')}, ${selected('message', 'newest')}
    FROM (
      SELECT conversation.number AS found ${ofUser} AND ${condition}
      ORDER BY conversation.updated_at DESC, conversation._id DESC LIMIT ?
    )
    CROSS JOIN conversation AS c ON c.number = found
    CROSS JOIN membership AS m ON m.user = ? AND m.conversation = found
    CROSS JOIN message AS newest ON newest.conversation = found AND newest.seq = c.last_seq
    ORDER BY c.updated_at DESC, c._id DESC`;
}

function createFriendList(db: DatabaseSyncInstance, names: Names): Queries['conversations'] {
  const first = prepareRows<Value[]>(db, pageWhere('TRUE'));
  const next = prepareRows<Value[]>(db, pageWhere('(conversation.updated_at, conversation._id) < (?, ?)'));
  const membershipAt = columns.conversation.length;
  const toConversation = decoder('conversation');
  const toMembership = decoder('membership', membershipAt);
  const toMessage = decoder('message', membershipAt + columns.membership.length);

  function toListed(row: readonly Value[]): ListedConversation {
    return {
      conversation: toConversation(row, names),
      membership: toMembership(row, names),
      last_message: toMessage(row, names),
    };
  }

  return ({ user, before, limit }) => {
    const who = toStored(user);
    if (before === undefined) return first.all(who, limit, who).map(toListed);
    return next.all(who, before.updated_at, toStored(before._id), limit, who).map(toListed);
  };
}

function membershipQueries(db: DatabaseSyncInstance, names: Names): Pick<Queries, 'membership' | 'membershipsById'> {
  const decode = decoder('membership');
  const one = prepareRows<Value[]>(
    db,
    `SELECT ${selected('membership')} FROM membership
     WHERE user = ? AND conversation = (SELECT number FROM conversation WHERE _id = ?)`,
  );
  function membership(user: string, conversation: string): MembershipDocument | undefined {
    const row = one.get(toStored(user), toStored(conversation));
    return row && decode(row, names);
  }
  /** See `membershipId`. */
  function byId(id: string): MembershipDocument | undefined {
    const space = id.indexOf(' ');
    return space < 0 ? undefined : membership(id.slice(0, space), id.slice(space + 1));
  }
  return {
    membership,
    membershipsById: (ids) => [...new Set(ids)].map(byId).filter((found) => found !== undefined),
  };
}
