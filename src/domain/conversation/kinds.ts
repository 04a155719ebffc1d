import { readerOf } from '../event-kind.ts';
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

/** A stored event of a conversation. */
export const readConversationEvent = readerOf(conversationKinds);

/**
 * What is known of the event's kind. Each kind takes its own payload: an event holds both together, which the compiler
 * cannot see of a list of them.
 */
export function kindOf({ type }: ConversationEvent): ConversationKind<ConversationEventType, unknown> {
  return conversationKinds[type];
}

/** The state after an event. Never refuses: an event is a fact. */
export function evolve(state: Conversation, event: ConversationEvent): Conversation {
  return kindOf(event).evolve(state, event.data);
}
