import type { MessageSent, MessagesRead } from '../domain/conversation/events.ts';
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
  readonly members: Map<string, Member>;
}

type Member = { -readonly [Field in keyof MemberChange]: MemberChange[Field] };

export function foldConversations(): ConversationFold {
  const folded = new Map<string, Change>();

  function changeOf(conversation: string, { revision, position }: Place): Change {
    let change = folded.get(conversation);
    if (change === undefined) {
      change = { revision, position, last: undefined, members: new Map() };
      folded.set(conversation, change);
    }
    if (revision > change.revision) change.revision = revision;
    if (position > change.position) change.position = position;
    return change;
  }

  return {
    sent(conversation, { clientId, seq, from, to, msg, sendDate }, place) {
      const change = changeOf(conversation, place);
      if (seq > (change.last?.seq ?? 0)) {
        const { revision } = place;
        change.last = { seq, client_id: clientId, revision, from: from.id, msg, send_date: sendDate };
      }
      const sender = memberOf(change, from.id);
      sender.username = from.username;
      if (seq > sender.own_seq) sender.own_seq = seq;
      if (sender.greatest_client_id === null || clientId > sender.greatest_client_id) {
        sender.greatest_client_id = clientId;
      }
      if (to !== null) memberOf(change, to.id).username = to.username;
    },

    read(conversation, { reader, seq, readDate }, place) {
      const member = memberOf(changeOf(conversation, place), reader);
      if (seq <= member.read_seq) return;
      member.read_seq = seq;
      member.read_date = readDate;
    },

    changes: () =>
      Array.from(folded, ([_id, { revision, position, last, members }]) => {
        return { _id, revision, last_position: position, last_message: last, members: [...members.values()] };
      }),
  };
}

function memberOf({ members }: Change, id: string): Member {
  let member = members.get(id);
  if (member === undefined) {
    member = { id, username: undefined, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null };
    members.set(id, member);
  }
  return member;
}
