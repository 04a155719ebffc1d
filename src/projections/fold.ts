import { conversationOfStream, conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/upcasters.ts';
import { readUserEvent } from '../domain/user/upcasters.ts';
import { assertNever } from '../domain/assert-never.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelBatch } from '../read-model/read-model.ts';
import { foldConversations } from './conversation.ts';
import type { ConversationFold } from './conversation.ts';
import { foldMessages } from './message.ts';
import type { MessageFold } from './message.ts';
import { foldUsers } from './user.ts';

export interface Folded {
  readonly batch: ReadModelBatch;
  /** Events of kinds that this program does not know, left aside. */
  readonly unknown: number;
}

/**
 * What a batch of events, in log order, writes to the read model. Pure. However the log is cut into batches, the same
 * documents come of it.
 *
 * Throws `UnreadableEventError` for an event that does not have the shape its type and version promise.
 */
export function foldEvents(events: readonly RecordedEvent[]): Folded {
  const messages = foldMessages();
  const conversations = foldConversations();
  const users = foldUsers();
  // One text for each conversation: maps find a text they have seen much faster than an equal one.
  const names = new Map<string, string>();
  let unknown = 0;
  for (const event of events) {
    const { stream, position } = event;
    if (stream.startsWith(conversationStreamPrefix)) {
      let conversation = names.get(stream);
      if (conversation === undefined) names.set(stream, (conversation = conversationOfStream(stream)));
      if (!foldConversationEvent(conversation, event, messages, conversations)) unknown += 1;
      continue;
    }
    const user = readable(event, readUserEvent);
    if (user === undefined) unknown += 1;
    else users.registered(user.data, position);
  }
  const { messages: sent, reads } = messages;
  return { batch: { users: users.users(), messages: sent, reads, conversations: conversations.changes() }, unknown };
}

/** False where the kind of the event is not known. */
function foldConversationEvent(
  conversation: string,
  event: RecordedEvent,
  messages: MessageFold,
  conversations: ConversationFold,
): boolean {
  const known = readable(event, readConversationEvent);
  if (known === undefined) return false;
  switch (known.type) {
    case 'MessageSent':
      messages.sent(conversation, known.data, event);
      conversations.sent(conversation, known.data, event);
      return true;
    case 'MessagesRead':
      messages.read(conversation, known.data);
      conversations.read(conversation, known.data, event);
      return true;
    default:
      return assertNever(known);
  }
}

export function readable<T>(
  event: RecordedEvent,
  read: (type: string, schemaVersion: number, data: unknown) => T | undefined,
): T | undefined {
  try {
    return read(event.type, event.metadata.schemaVersion, event.data);
  } catch (error) {
    throw new UnreadableEventError(event, error);
  }
}

/** An event whose payload this program cannot read: it was written by another program, or is damaged. */
export class UnreadableEventError extends Error {
  readonly position: number;

  constructor({ type, stream, revision, position }: RecordedEvent, cause: unknown) {
    super(`${type} at position ${position} (revision ${revision} of ${stream}) cannot be read`, { cause });
    this.name = 'UnreadableEventError';
    this.position = position;
  }
}
