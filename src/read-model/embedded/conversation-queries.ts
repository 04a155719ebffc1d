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

/** The documents of a listed conversation, by the names that their rows have in the statement. */
const listed = [
  ['conversation', 'c'],
  ['membership', 'm'],
  ['message', 'newest'],
] as const;

/** Every column of them. */
const cells = listed.flatMap(([kind, name]) =>
  columns[kind].map((column) => ({ sql: `${name}."${column.name}"`, isText: column.form === 'text' })),
);

/** JSON holds no blob: a text that is kept as one comes as a list of its digits. */
const cellsAsJson = cells.map(({ sql, isText }) =>
  isText ? `iif(typeof(${sql}) = 'blob', json_array(hex(${sql})), ${sql})` : sql,
);
const textPlaces = cells.flatMap(({ isText }, place) => (isText ? [place] : []));

/**
 * Conversations are found and sorted first, by their small rows; only the page's own rows are read in full. The page
 * comes as one JSON text: value by value the driver takes as long to hand it over as all the rest takes together.
 */
function pageWhere(condition: string): string {
  return `
    SELECT json_group_array(json_array(${cellsAsJson.join(', ')}))
    FROM (
      SELECT conversation.number AS found ${ofUser} AND ${condition}
      ORDER BY conversation.updated_at DESC, conversation._id DESC LIMIT ?
    )
    CROSS JOIN conversation AS c ON c.number = found
    CROSS JOIN membership AS m ON m.user = ? AND m.conversation = found
    CROSS JOIN message AS newest ON newest.conversation = found AND newest.seq = c.last_seq`;
}

function parsePage(json: string): Value[][] {
  const rows = JSON.parse(json) as (string | number | null | readonly [string])[][];
  return rows.map((row) => {
    for (const place of textPlaces) {
      const cell = row[place];
      if (typeof cell === 'object' && cell !== null) row[place] = Buffer.from(cell[0], 'hex').toString();
    }
    return row as Value[];
  });
}

function createFriendList(db: DatabaseSyncInstance, names: Names): Queries['conversations'] {
  const first = prepareRows<[string]>(db, pageWhere('TRUE'));
  const next = prepareRows<[string]>(db, pageWhere('(conversation.updated_at, conversation._id) < (?, ?)'));
  const membershipAt = columns.conversation.length;
  const messageAt = membershipAt + columns.membership.length;
  const toConversation = decoder('conversation');
  const toMembership = decoder('membership', membershipAt);
  const toMessage = decoder('message', messageAt);

  function toListed(row: readonly Value[]): ListedConversation {
    return {
      conversation: toConversation(row, names),
      membership: toMembership(row, names),
      last_message: toMessage(row, names),
    };
  }

  return ({ user, before, limit }) => {
    const who = toStored(user);
    const page =
      before === undefined
        ? first.get(who, limit, who)
        : next.get(who, before.updated_at, toStored(before._id), limit, who);
    return parsePage(page?.[0] ?? '[]')
      .map(toListed)
      .sort(newestFirst);
  };
}

/** Rows come in this order, which SQLite does not promise of a join: sorting what is sorted costs next to nothing. */
function newestFirst({ conversation: one }: ListedConversation, { conversation: other }: ListedConversation): number {
  return other.updated_at - one.updated_at || (other._id < one._id ? -1 : 1);
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
