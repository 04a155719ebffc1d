import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import type { ConversationChange } from '../read-model.ts';
import { parseMembers, stringifyMembers } from './documents.ts';
import { mergeConversation, unknownConversation } from './merge.ts';
import type { ConversationState } from './merge.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';

/** Conversations remembered, so that a batch writes them without reading them first. */
const conversationsKept = 20_000;

interface KnownConversation {
  readonly number: number;
  state: ConversationState;
}

/** Writes conversation rows, numbered in the order in which the log names them. */
export interface ConversationWriter {
  readonly write: (change: ConversationChange) => void;
  readonly numberOf: (id: string) => number;
  /** To be called after a rollback. */
  readonly forget: () => void;
}

export function createConversationWriter(db: DatabaseSyncInstance): ConversationWriter {
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
