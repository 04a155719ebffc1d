import { messageId, parseConversationId } from '../../domain/conversation/conversation-id.ts';
import { kindOf } from '../../domain/conversation/kinds.ts';
import type { ConversationEvent, ConversationEventOf, ConversationEventType } from '../../domain/conversation/kinds.ts';
import type { RecordedEvent } from '../../event-store/event-store.ts';
import type { MembershipFold } from './memberships.ts';
import type { ConversationFold } from './conversations.ts';
import type { MessageFold } from './messages.ts';

export type EventPlace = Pick<RecordedEvent, 'revision' | 'position'>;

/** What an event of a conversation may change. */
export interface Folds {
  readonly messages: MessageFold;
  readonly conversations: ConversationFold;
  readonly memberships: MembershipFold;
}

/** Where an event stands, and what it says. */
interface Occurrence<Type extends ConversationEventType> {
  readonly conversation: string;
  readonly place: EventPlace;
  readonly data: ConversationEventOf<Type>['data'];
}

/** What each kind of event changes, beside what every event does: that its conversation moved on, and who is in it. */
const effects: { readonly [Type in ConversationEventType]: (folds: Folds, event: Occurrence<Type>) => void } = {
  MessageSent({ messages, conversations, memberships }, { conversation, place, data }) {
    const { clientId, seq, from, to, msg, sendDate } = data;
    messages.add({
      _id: messageId(conversation, seq),
      client_id: clientId,
      conversation,
      seq,
      revision: place.revision,
      position: place.position,
      from,
      to,
      msg,
      status: 1,
      send_date: sendDate,
      read_date: null,
    });
    conversations.sent(conversation, seq, sendDate);
    memberships.sent(from.id, conversation, { seq, clientId });
  },

  MessagesRead({ messages, memberships }, { conversation, data }) {
    const { reader, after, seq, readDate } = data;
    memberships.read(reader, conversation, { seq, date: readDate });
    // In a group nobody is the addressee, so no message of it ever becomes read.
    if (parseConversationId(conversation)?.kind === 'group') return;
    const set = { status: 2, read_date: readDate } as const;
    messages.patch({ conversation, after, up_to: seq, addressee: reader, once: 'read_date', set });
  },
};

/** Folds an event of a conversation in. */
export function foldConversationEvent(
  folds: Folds,
  event: ConversationEvent,
  { conversation, place }: { readonly conversation: string; readonly place: EventPlace },
): void {
  folds.conversations.happened(conversation, place);
  for (const user of kindOf(event).concerns(event.data)) folds.memberships.belongs(user, conversation);
  // Each effect takes the payload of its own kind: an event holds both together, which the compiler cannot see here.
  const effect = effects[event.type] as (folds: Folds, event: Occurrence<ConversationEventType>) => void;
  effect(folds, { conversation, place, data: event.data });
}
