import { messageId } from '../domain/conversation/conversation-id.ts';
import type { Roster, Rosters } from '../domain/conversation/rosters.ts';
import type { Message } from '../protocol/message.ts';
import type { MembershipDocument, MessageDocument, UserDocument } from '../read-model/documents.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { readModelBehind } from './freshness.ts';

/** A user as clients see it. */
export function toUser({ _id: id, username, avatar }: Omit<UserDocument, 'position'>) {
  return { id, username, avatar };
}

/** A message as clients see it. The only way from a stored message to the wire. */
export function toMessage(document: MessageDocument): Message {
  const { client_id, conversation, seq, revision, from, to, msg, status, send_date, read_date } = document;
  return {
    id: messageId(conversation, seq),
    clientId: client_id,
    conversation,
    seq,
    revision,
    from,
    to,
    msg,
    status,
    sendDate: send_date,
    readDate: read_date,
  };
}

type Reader = Pick<MembershipDocument, 'user' | 'read_seq' | 'read_date'>;

/** A message as one reader sees it: in a group the status is the reader's own. */
export function toMessageFor(reader: Reader | undefined, document: MessageDocument): Message {
  const message = toMessage(document);
  if (message.to !== null || reader === undefined) return message;
  if (message.from.id === reader.user) return { ...message, status: 2, readDate: message.sendDate };
  const read = message.seq <= reader.read_seq;
  return { ...message, status: read ? 2 : 1, readDate: read ? reader.read_date : null };
}

/**
 * Who is in the conversation, the asker among them. Throws `CONVERSATION_NOT_FOUND` where the asker has no part in it.
 * Goes before any access to the read model, so that a direct conversation of others costs the same time whether it
 * exists or not.
 */
export async function rosterFor(rosters: Rosters, conversation: string, user: string): Promise<Roster> {
  const roster = await rosters.of(conversation);
  if (roster?.joinedSeq(user) === undefined) throw conversationNotFound();
  return roster;
}

/**
 * What to say of a message or conversation that the read model does not have: where it is not `fresh`, what the asker
 * was told a moment ago is not denied.
 */
export function absent(fresh: boolean): WeiliaoError {
  return fresh ? conversationNotFound() : readModelBehind();
}

function conversationNotFound(): WeiliaoError {
  return new WeiliaoError('CONVERSATION_NOT_FOUND', 'conversation not found');
}
