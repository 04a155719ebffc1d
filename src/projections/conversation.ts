import type { MessageSent, MessagesRead } from '../domain/conversation/events.ts';
import type { UserRef } from '../domain/user/user.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { ConversationChange, LastMessageDocument, MemberChange } from '../read-model/read-model.ts';

type Place = Pick<RecordedEvent, 'revision' | 'position'>;

/** What one batch changes in each conversation, folded to one change a conversation. */
export interface ConversationFold {
  readonly sent: (conversation: string, event: MessageSent, place: Place) => void;
  readonly read: (conversation: string, event: MessagesRead, place: Place) => void;
  /** In the order in which the conversations came up. */
  readonly changes: () => ConversationChange[];
}

interface Change {
  revision: number;
  position: number;
  last: LastMessageDocument | undefined;
  readonly members: Map<string, MemberChange>;
}

export function foldConversations(): ConversationFold {
  const folded = new Map<string, Change>();

  function changeOf(conversation: string, { revision, position }: Place): Change {
    let change = folded.get(conversation);
    if (change === undefined) {
      change = { revision, position, last: undefined, members: new Map() };
      folded.set(conversation, change);
    }
    change.revision = Math.max(change.revision, revision);
    change.position = Math.max(change.position, position);
    return change;
  }

  return {
    sent(conversation, { seq, from, to, msg, sendDate }, place) {
      const change = changeOf(conversation, place);
      if (seq > (change.last?.seq ?? 0)) change.last = { seq, from: from.id, msg, send_date: sendDate };
      name(change, from, seq);
      if (to !== null) name(change, to, 0);
    },

    read(conversation, { reader, seq, readDate }, place) {
      const { members } = changeOf(conversation, place);
      const member = members.get(reader) ?? untouched(reader);
      if (seq > member.read_seq) members.set(reader, { ...member, read_seq: seq, read_date: readDate });
    },

    changes: () =>
      Array.from(folded, ([_id, { revision, position, last, members }]) => {
        return { _id, revision, last_position: position, last_message: last, members: [...members.values()] };
      }),
  };
}

/** A member whom a message names, with the seq of its own message (0: it is the addressee). */
function name({ members }: Change, { id, username }: UserRef, ownSeq: number): void {
  const member = members.get(id) ?? untouched(id);
  if (member.username === username && ownSeq <= member.own_seq) return;
  members.set(id, { ...member, username, own_seq: Math.max(member.own_seq, ownSeq) });
}

function untouched(id: string): MemberChange {
  return { id, username: undefined, read_seq: 0, read_date: null, own_seq: 0 };
}
