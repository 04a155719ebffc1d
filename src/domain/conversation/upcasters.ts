import { upcast } from '../upcasters.ts';
import type { EventShape } from '../upcasters.ts';
import { messageSentSchema, messagesReadSchema } from './events.ts';
import type { ConversationEvent, MessageSent, MessagesRead } from './events.ts';

const messageSent: EventShape<MessageSent> = { schemaVersion: 1, schema: messageSentSchema, upcasters: {} };
const messagesRead: EventShape<MessagesRead> = { schemaVersion: 1, schema: messagesReadSchema, upcasters: {} };

/** Current schema version of each event type of a conversation. */
export const conversationSchemaVersions: Readonly<Record<ConversationEvent['type'], number>> = {
  MessageSent: messageSent.schemaVersion,
  MessagesRead: messagesRead.schemaVersion,
};

/** A stored event of a conversation in its current shape; undefined for a kind that this program does not know. */
export function readConversationEvent(
  type: string,
  schemaVersion: number,
  data: unknown,
): ConversationEvent | undefined {
  switch (type) {
    case 'MessageSent':
      return { type, data: upcast(type, messageSent, schemaVersion, data) };
    case 'MessagesRead':
      return { type, data: upcast(type, messagesRead, schemaVersion, data) };
    default:
      return undefined;
  }
}
