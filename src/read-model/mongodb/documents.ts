import type { ConversationDocument, MemberDocument, MessageDocument, UserDocument } from '../read-model.ts';
import type { StoredConversation } from './collections.ts';

/* What is stored, in the port's shape: its fields in its order and nothing else. */

export function toUser({ _id, username, avatar, position }: UserDocument): UserDocument {
  return { _id, username, avatar, position };
}

export function toMessage(stored: MessageDocument): MessageDocument {
  const { _id, client_id, conversation, seq, revision, position, from, to, msg, status, send_date, read_date } = stored;
  return {
    ...{ _id, client_id, conversation, seq, revision, position },
    from: { id: from.id, username: from.username },
    to: to === null ? null : { id: to.id, username: to.username },
    ...{ msg, status, send_date, read_date },
  };
}

/** Undefined for a conversation without a message. */
export function toConversation(stored: StoredConversation): ConversationDocument | undefined {
  const { _id, members, last_seq, revision, last_message: last, updated_at, last_position } = stored;
  if (last === null) return undefined;
  return {
    _id,
    members: members.map(toMember),
    last_seq,
    revision,
    last_message: {
      seq: last.seq,
      client_id: last.client_id,
      revision: last.revision,
      from: last.from,
      msg: last.msg,
      send_date: last.send_date,
    },
    updated_at,
    last_position,
  };
}

export function toMember({ id, username, read_seq, read_date, own_seq }: MemberDocument): MemberDocument {
  return { id, username, read_seq, read_date, own_seq };
}
