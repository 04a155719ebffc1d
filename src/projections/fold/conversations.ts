import type { ConversationChange } from '../../read-model/read-model.ts';
import type { EventPlace } from './effects.ts';

/** What one batch changes in each conversation, folded to one change a conversation. */
export interface ConversationFold {
  /** An event of the conversation, whatever its kind. */
  readonly happened: (conversation: string, place: EventPlace) => void;
  /** One of them is a message. */
  readonly sent: (conversation: string, seq: number, sendDate: number) => void;
  /** In the order in which the conversations came up. */
  readonly changes: () => ConversationChange[];
}

type Change = { -readonly [Field in keyof ConversationChange]: ConversationChange[Field] };

export function foldConversations(): ConversationFold {
  const folded = new Map<string, Change>();
  return {
    happened(conversation, { revision, position }) {
      const change = folded.get(conversation);
      if (change === undefined) {
        folded.set(conversation, { _id: conversation, revision, last_position: position, last_seq: 0, updated_at: 0 });
        return;
      }
      if (revision > change.revision) change.revision = revision;
      if (position > change.last_position) change.last_position = position;
    },

    sent(conversation, seq, sendDate) {
      const change = folded.get(conversation);
      if (change === undefined || seq <= change.last_seq) return;
      change.last_seq = seq;
      change.updated_at = sendDate;
    },

    changes: () => [...folded.values()],
  };
}
