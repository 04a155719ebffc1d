import { messageId, parseConversationId } from '../domain/conversation/conversation-id.ts';
import type { MessageSent, MessagesRead } from '../domain/conversation/events.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { MessageDocument, ReadRange } from '../read-model/read-model.ts';

/** Messages and reads of one batch, folded so that each message is written at most once. */
export interface MessageFold {
  readonly messages: readonly MessageDocument[];
  readonly reads: readonly ReadRange[];
  readonly sent: (
    conversation: string,
    event: MessageSent,
    place: Pick<RecordedEvent, 'revision' | 'position'>,
  ) => void;
  readonly read: (conversation: string, event: MessagesRead) => void;
}

interface ConversationPart {
  /** Seq of the batch's first message here; what is below it was stored before. Infinity where there is none. */
  firstSeq: number;
  /** Places in `messages` of those that are still unread. */
  unread: number[];
}

export function foldMessages(): MessageFold {
  const messages: MessageDocument[] = [];
  const reads: ReadRange[] = [];
  const parts = new Map<string, ConversationPart>();

  function partOf(conversation: string): ConversationPart {
    let part = parts.get(conversation);
    if (part === undefined) {
      part = { firstSeq: Infinity, unread: [] };
      parts.set(conversation, part);
    }
    return part;
  }

  return {
    messages,
    reads,

    sent(conversation, { clientId, seq, from, to, msg, sendDate }, { revision, position }) {
      const part = partOf(conversation);
      part.firstSeq = Math.min(part.firstSeq, seq);
      if (to !== null) part.unread.push(messages.length);
      messages.push({
        _id: messageId(conversation, seq),
        client_id: clientId,
        conversation,
        seq,
        revision,
        position,
        from,
        to,
        msg,
        status: 1,
        send_date: sendDate,
        read_date: null,
      });
    },

    read(conversation, { reader, after, seq, readDate }) {
      const part = partOf(conversation);
      part.unread = part.unread.filter((place) => {
        const message = messages[place];
        if (message?.to?.id !== reader || message.seq <= after || message.seq > seq) return true;
        messages[place] = { ...message, status: 2, read_date: readDate };
        return false;
      });
      const upTo = Math.min(seq, part.firstSeq - 1);
      if (upTo <= after || !hasAddressees(conversation)) return;
      reads.push({ conversation, reader, after, up_to: upTo, read_date: readDate });
    },
  };
}

/** In a group nobody is the addressee, so no message of it ever becomes read. */
function hasAddressees(conversation: string): boolean {
  return parseConversationId(conversation)?.kind !== 'group';
}
