import type { EventKind } from '../../event-kind.ts';
import type { Conversation } from '../conversation.ts';

/** A kind of event in conversations: everything that the house must know of it but what it shows to people. */
export interface ConversationKind<Type extends string, Data> extends EventKind<Type, Data> {
  /** What makes it the same event when it is appended again: its id is the UUIDv5 of this text. */
  identity(conversation: string, data: Data): string;
  /** The conversation after it. Never refuses: an event is a fact. */
  evolve(state: Conversation, data: Data): Conversation;
  /** Users whom it names: whoever is named belongs to the conversation. */
  concerns(data: Data): readonly string[];
}

/** Holds the value of a kind to its shape, and keeps its exact types. */
export function conversationKind<Type extends string, Data>(
  kind: ConversationKind<Type, Data>,
): ConversationKind<Type, Data> {
  return kind;
}
