import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import type { ConversationChange, LastMessageDocument } from '../read-model.ts';
import { parseMembers, stringifyMembers } from './documents.ts';
import { mergeConversation, unknownConversation } from '../merge.ts';
import type { ConversationState } from '../merge.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';
import type { StoredText } from './text.ts';

/** Writes conversation rows, numbered in the order in which the log names them. */
export interface ConversationWriter {
  readonly take: (change: ConversationChange) => void;
  readonly numberOf: (id: string) => number;
  /** Writes each row that was changed since the last time, once. */
  readonly flush: () => void;
  /** To be called after a rollback. */
  readonly forget: () => void;
}

/** Conversations that are remembered, so that they are changed without being read first. */
const defaultKept = 20_000;

interface Known {
  readonly id: string;
  readonly number: number;
  /** False: the conversation has no row yet. */
  stored: boolean;
  /** Members that have their link. */
  linked: number;
  state: ConversationState;
  position: number;
  /** The last message, where the row does not have it yet. */
  last: LastMessageDocument | undefined;
}

export function createConversationWriter(db: DatabaseSyncInstance, kept = defaultKept): ConversationWriter {
  const find = prepareRows<[number, number, number, number, string]>(
    db,
    'SELECT number, last_position, revision, last_seq, members FROM conversation WHERE id = ?',
  );
  const greatestNumber = prepareRows<[number]>(db, 'SELECT coalesce(max(number), 0) FROM conversation');
  const write = createRowWriter(db);
  const changed = new Set<Known>();
  const known = new LRUCache<string, Known>({
    max: kept,
    dispose: (conversation) => changed.delete(conversation) && write(conversation),
  });
  let lastNumber: number | undefined;

  function nextNumber(): number {
    lastNumber = (lastNumber ?? greatestNumber.get()?.[0] ?? 0) + 1;
    return lastNumber;
  }

  function load(id: string): Known {
    const row = find.get(toStored(id));
    if (row === undefined) {
      const state = unknownConversation;
      return { id, number: nextNumber(), stored: false, linked: 0, state, position: 0, last: undefined };
    }
    const [number, position, revision, last_seq, stored] = row;
    const members = parseMembers(stored);
    const state = { revision, last_seq, members };
    return { id, number, stored: true, linked: members.length, state, position, last: undefined };
  }

  function conversationOf(id: string): Known {
    let conversation = known.get(id);
    if (conversation === undefined) {
      conversation = load(id);
      known.set(id, conversation);
      if (!conversation.stored) changed.add(conversation);
    }
    return conversation;
  }

  return {
    take(change) {
      const conversation = conversationOf(change._id);
      const { state } = conversation;
      const { last_message: last, last_position } = change;
      conversation.state = mergeConversation(state, change);
      if (conversation.state === state) return;
      conversation.position = Math.max(conversation.position, last_position);
      if (last !== undefined && last.seq > state.last_seq) conversation.last = last;
      changed.add(conversation);
    },
    numberOf: (id) => conversationOf(id).number,
    flush() {
      changed.forEach(write);
      changed.clear();
    },
    forget() {
      changed.clear();
      known.clear();
      lastNumber = undefined;
    },
  };
}

function createRowWriter(db: DatabaseSyncInstance): (conversation: Known) => void {
  const insert = db.prepare('INSERT INTO conversation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const touch = db.prepare('UPDATE conversation SET revision = ?, last_position = ?, members = ? WHERE number = ?');
  const advance = db.prepare(
    `UPDATE conversation SET revision = ?, last_position = ?, members = ?,
       last_seq = ?, updated_at = ?, last_client_id = ?, last_revision = ?, last_from = ?, last_msg = ? WHERE number = ?`,
  );
  const link = db.prepare('INSERT INTO member VALUES (?, ?) ON CONFLICT DO NOTHING');
  const noMessage: LastMessageDocument = { seq: 0, client_id: '', revision: -1, from: '', msg: '', send_date: 0 };

  return (conversation) => {
    const { id, number, stored, linked, state, position, last } = conversation;
    const members = stringifyMembers(state.members);
    if (!stored) {
      const { seq, send_date } = last ?? noMessage;
      insert.run(number, send_date, position, seq, state.revision, toStored(id), members, ...fields(last ?? noMessage));
    } else if (last === undefined) {
      touch.run(state.revision, position, members, number);
    } else {
      advance.run(state.revision, position, members, last.seq, last.send_date, ...fields(last), number);
    }
    if (state.members.length > linked) {
      for (const member of state.members) link.run(toStored(member.id), number);
    }
    conversation.stored = true;
    conversation.linked = state.members.length;
    conversation.last = undefined;
  };
}

function fields({ client_id, revision, from, msg }: LastMessageDocument): (StoredText | number)[] {
  return [toStored(client_id), revision, toStored(from), toStored(msg)];
}
