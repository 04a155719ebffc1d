import { messageId, parseConversationId, peerOf } from '../domain/conversation/conversation-id.ts';
import { readModelBehind } from './freshness.ts';
import { WeiliaoError } from '../shared/errors.ts';
import type {
  ConversationDocument,
  MemberDocument,
  MessageDocument,
  ReadModelQueries,
  UserDocument,
} from '../read-model/read-model.ts';
import type { Message } from './schemas.ts';

/** A user as clients see it. */
export function toUser({ _id: id, username, avatar }: Omit<UserDocument, 'position'>) {
  return { id, username, avatar };
}

/** A message as clients see it. */
export function toMessage(document: Omit<MessageDocument, 'position'>): Message {
  return {
    id: document._id,
    clientId: document.client_id,
    conversation: document.conversation,
    seq: document.seq,
    revision: document.revision,
    from: document.from,
    to: document.to,
    msg: document.msg,
    status: document.status,
    sendDate: document.send_date,
    readDate: document.read_date,
  };
}

/**
 * The newest message of a conversation as one member sees it, from the conversation alone. Its sender and its addressee
 * go by the names that this message gave them; the addressee's read date is the message's own, as reads cover it last.
 */
export function lastMessageFor(reader: MemberDocument, conversation: ConversationDocument): Message {
  const { _id, members, last_message: last } = conversation;
  const memberOf = (id: string | undefined) => members.find((member) => member.id === id);
  const refOf = (id: string) => ({ id, username: memberOf(id)?.username ?? id });
  const addressee = memberOf(peerOf(_id, last.from));
  const read = addressee !== undefined && addressee.read_seq >= last.seq;
  return toMessageFor(reader, {
    _id: messageId(_id, last.seq),
    client_id: last.client_id,
    conversation: _id,
    seq: last.seq,
    revision: last.revision,
    from: refOf(last.from),
    to: addressee === undefined ? null : refOf(addressee.id),
    msg: last.msg,
    status: read ? 2 : 1,
    send_date: last.send_date,
    read_date: read ? addressee.read_date : null,
  });
}

/** A message as one reader sees it: in a group the status is the reader's own. */
export function toMessageFor(reader: MemberDocument, document: Omit<MessageDocument, 'position'>): Message {
  const message = toMessage(document);
  if (message.to !== null) return message;
  if (message.from.id === reader.id) return { ...message, status: 2, readDate: message.sendDate };
  const read = message.seq <= reader.read_seq;
  return { ...message, status: read ? 2 : 1, readDate: read ? reader.read_date : null };
}

/**
 * Throws `CONVERSATION_NOT_FOUND` where the id alone says that the user has no part in it. Goes before any access to a
 * store, so that a direct conversation of others costs the same time whether it exists or not.
 */
export function assertMayBeIn(conversation: string, user: string): void {
  if (parseConversationId(conversation)?.kind === 'group') return;
  if (peerOf(conversation, user) === undefined) throw conversationNotFound();
}

/**
 * The conversation and the asker's place in it. Throws `CONVERSATION_NOT_FOUND`, or `READ_MODEL_BEHIND` where the read
 * model is not `fresh`, so that what the asker was told a moment ago is never denied.
 */
export async function conversationOf(
  readModel: Pick<ReadModelQueries, 'conversation'>,
  { id, user, fresh }: { readonly id: string; readonly user: string; readonly fresh: boolean },
): Promise<{ readonly conversation: ConversationDocument; readonly member: MemberDocument }> {
  const conversation = await readModel.conversation(id);
  const member = conversation?.members.find((each) => each.id === user);
  if (conversation === undefined || member === undefined) throw absent(fresh);
  return { conversation, member };
}

/** What to say of a message or conversation that the read model does not have. */
export function absent(fresh: boolean): WeiliaoError {
  return fresh ? conversationNotFound() : readModelBehind();
}

function conversationNotFound(): WeiliaoError {
  return new WeiliaoError('CONVERSATION_NOT_FOUND', 'conversation not found');
}
