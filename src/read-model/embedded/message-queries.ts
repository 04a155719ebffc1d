import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { parseMessageId } from '../../domain/conversation/conversation-id.ts';
import { greater } from '../merge.ts';
import { decoder, selected } from './columns.ts';
import type { Names, Value } from './columns.ts';
import type { Queries } from './queries.ts';
import { prepareRows } from './rows.ts';
import { fromStored, toStored } from './text.ts';
import type { StoredText } from './text.ts';

type MessageQueries = Pick<
  Queries,
  'message' | 'newestMessages' | 'messages' | 'messageByClientId' | 'greatestClientId'
>;

export function messageQueries(db: DatabaseSyncInstance, names: Names): MessageQueries {
  const decode = decoder('message');
  const select = `SELECT ${selected('message')} FROM message`;
  const ofConversation = 'conversation = (SELECT number FROM conversation WHERE _id = ?)';
  const one = prepareRows<Value[]>(db, `${select} WHERE ${ofConversation} AND seq = ?`);
  const newest = prepareRows<Value[]>(
    db,
    `SELECT ${selected('message')} FROM conversation
     CROSS JOIN message ON message.conversation = number AND seq = last_seq WHERE conversation._id = ?`,
  );
  const below = prepareRows<Value[]>(db, `${select} WHERE ${ofConversation} AND seq < ? ORDER BY seq DESC LIMIT ?`);
  const above = prepareRows<Value[]>(db, `${select} WHERE ${ofConversation} AND seq > ? ORDER BY seq LIMIT ?`);
  const byClientId = prepareRows<Value[]>(
    db,
    `${select} WHERE client_id = ? AND "from" IN (SELECT number FROM person WHERE id = ?) ORDER BY position LIMIT 1`,
  );
  const clientIds = prepareRows<[StoredText]>(
    db,
    'SELECT greatest_client_id FROM membership WHERE user = ? AND greatest_client_id IS NOT NULL',
  );

  return {
    message(id) {
      const place = parseMessageId(id);
      const row = place && one.get(toStored(place.conversation), place.seq);
      return row && decode(row, names);
    },
    newestMessages: (conversations) =>
      conversations
        .map((id) => newest.get(toStored(id)))
        .filter((row) => row !== undefined)
        .map((row) => decode(row, names)),
    messages({ conversation, before, after, limit }) {
      const rows =
        after === undefined
          ? below.all(toStored(conversation), before ?? Number.MAX_SAFE_INTEGER, limit)
          : above.all(toStored(conversation), after, limit);
      return rows.map((row) => decode(row, names));
    },
    messageByClientId(sender, clientId) {
      const row = byClientId.get(toStored(clientId), toStored(sender));
      return row && decode(row, names);
    },
    greatestClientId(sender) {
      const all = clientIds.all(toStored(sender)).map(([id]) => fromStored(id));
      return all.reduce<string | null>(greater, null) ?? undefined;
    },
  };
}
