import { upcast } from '../event-kind.ts';
import type { EventOf } from '../event-kind.ts';
import type { Conversation, Decision } from './conversation.ts';
import type { ConversationKind } from './kinds/conversation-kind.ts';
import { messageSent } from './kinds/message-sent.ts';
import { messagesRead } from './kinds/messages-read.ts';

/** Every kind of event in conversations, by name. Whoever handles kinds is held to this list by the compiler. */
export const conversationKinds = {
  MessageSent: messageSent,
  MessagesRead: messagesRead,
} as const;

export type ConversationEventType = keyof typeof conversationKinds;

/** Everything that happens in a conversation. Past facts: no reader of them may refuse one. */
export type ConversationEvent = EventOf<typeof conversationKinds>;

/** What a command on a conversation comes to. */
export type ConversationDecision = Decision<ConversationEvent>;

/** The event of one kind. */
export type ConversationEventOf<Type extends ConversationEventType> = Extract<ConversationEvent, { type: Type }>;

function isConversationEventType(type: string): type is ConversationEventType {
  return Object.hasOwn(conversationKinds, type);
}

/**
 * What is known of the event's kind. Each kind takes its own payload: an event holds both together, which the compiler
 * cannot see of a list of them.
 */
function kindOf(event: Pick<ConversationEvent, 'type'>): ConversationKind<ConversationEventType, unknown> {
  return conversationKinds[event.type];
}

/**
 * A stored event of a conversation in its current shape; undefined for a kind that this program does not know, as a
 * newer one writes it. Throws where the payload is not what its version promises.
 */
export function readConversationEvent(
  type: string,
  schemaVersion: number,
  data: unknown,
): ConversationEvent | undefined {
  if (!isConversationEventType(type)) return undefined;
  return { type, data: upcast(kindOf({ type }), schemaVersion, data) } as ConversationEvent;
}

/** The state after an event. Never refuses: an event is a fact. */
export function evolve(state: Conversation, event: ConversationEvent): Conversation {
  return kindOf(event).evolve(state, event.data);
}

/** What the id of the event is made of. */
export function identityOf(conversation: string, event: ConversationEvent): string {
  return kindOf(event).identity(conversation, event.data);
}

/** Users whom the event names. */
export function concernedBy(event: ConversationEvent): readonly string[] {
  return kindOf(event).concerns(event.data);
}

export function schemaVersionOf(event: ConversationEvent): number {
  return kindOf(event).schemaVersion;
}
