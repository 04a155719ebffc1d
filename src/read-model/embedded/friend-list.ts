import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ConversationsQuery, ListedConversation } from '../read-model.ts';
import { columns, decoder } from './columns.ts';
import type { Names, Value } from './columns.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';

/** What a row of the page holds, in its order: two documents, what the friend list asks of memberships. */
const cells = [
  ...columns.conversation.map(({ name, form }) => ({ sql: `c."${name}"`, isText: form === 'text' })),
  ...columns.message.map(({ name, form }) => ({ sql: `newest."${name}"`, isText: form === 'text' })),
  ...['m.read_seq', 'm.read_date', 'm.own_seq', 'peer.read_seq'].map((sql) => ({ sql, isText: false })),
];
const messageAt = columns.conversation.length;
const membershipAt = messageAt + columns.message.length;

/** JSON holds no blob: a text that is kept as one comes as a list of its digits. */
const cellsAsJson = cells.map(({ sql, isText }) =>
  isText ? `iif(typeof(${sql}) = 'blob', json_array(hex(${sql})), ${sql})` : sql,
);
const textPlaces = cells.flatMap(({ isText }, place) => (isText ? [place] : []));

/**
 * - Conversations are found and sorted first, by their small rows; only the page's own rows are read in full. The
 *   youngest come first, as they are most of the page: what is older than a full page is not sorted at all.
 * - The other side is who the newest message names beside the user.
 * - The page comes as one JSON text: value by value the driver takes as long to hand it over as all the rest takes
 *   together.
 */
function pageWhere(condition: string): string {
  return `
    SELECT json_group_array(json_array(${cellsAsJson.join(', ')}))
    FROM (
      SELECT conversation.number AS found
      FROM (SELECT conversation AS joined FROM membership WHERE user = ?1 ORDER BY conversation DESC LIMIT -1)
      CROSS JOIN conversation ON conversation.number = joined
      WHERE conversation.last_seq > 0 AND ${condition}
      ORDER BY conversation.updated_at DESC, conversation._id DESC LIMIT ?2
    )
    CROSS JOIN conversation AS c ON c.number = found
    CROSS JOIN membership AS m ON m.user = ?1 AND m.conversation = found
    CROSS JOIN message AS newest ON newest.conversation = found AND newest.seq = c.last_seq
    LEFT JOIN person AS sender ON sender.number = newest."from"
    LEFT JOIN person AS addressee ON addressee.number = newest."to"
    LEFT JOIN membership AS peer ON peer.conversation = found
      AND peer.user = iif(sender.id = ?1, addressee.id, iif(newest."to" IS NULL, NULL, sender.id))`;
}

/** Pages of a user's conversations, newest activity first. */
export function createFriendList(
  db: DatabaseSyncInstance,
  names: Names,
): (query: ConversationsQuery) => ListedConversation[] {
  const first = prepareRows<[string]>(db, pageWhere('TRUE'));
  const next = prepareRows<[string]>(db, pageWhere('(conversation.updated_at, conversation._id) < (?3, ?4)'));
  const toConversation = decoder('conversation');
  const toMessage = decoder('message', messageAt);

  function toListed(user: string, row: readonly Value[]): ListedConversation {
    const [readSeq, readDate, ownSeq, peerReadSeq] = row.slice(membershipAt) as (number | null)[];
    return {
      conversation: toConversation(row, names),
      membership: { user, read_seq: readSeq ?? 0, read_date: readDate ?? null, own_seq: ownSeq ?? 0 },
      last_message: toMessage(row, names),
      peer_read_seq: peerReadSeq ?? 0,
    };
  }

  return ({ user, before, limit }) => {
    const who = toStored(user);
    const page =
      before === undefined ? first.get(who, limit) : next.get(who, limit, before.updated_at, toStored(before._id));
    return parsePage(page?.[0] ?? '[]')
      .map((row) => toListed(user, row))
      .sort(newestFirst);
  };
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

/** Rows come in this order, which SQLite does not promise of a join: sorting what is sorted costs next to nothing. */
function newestFirst({ conversation: one }: ListedConversation, { conversation: other }: ListedConversation): number {
  return other.updated_at - one.updated_at || (other._id < one._id ? -1 : 1);
}
