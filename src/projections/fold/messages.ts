import type { MessageDocument } from '../../read-model/documents.ts';
import type { MessagePatch } from '../../read-model/read-model.ts';

/** Messages of one batch and what changes in older ones, folded so that each message is written at most once. */
export interface MessageFold {
  readonly messages: readonly MessageDocument[];
  readonly patches: readonly MessagePatch[];
  readonly add: (message: MessageDocument) => void;
  /** What it says of messages of this batch is folded into them; the rest becomes a patch. */
  readonly patch: (patch: MessagePatch) => void;
}

/** The messages of one conversation in the batch. What lies below the first was stored before. */
interface Part {
  first: number;
  last: number;
  /** Place in `messages` by seq. A damaged log may hold a seq twice: the first counts. */
  readonly places: Map<number, number>;
}

export function foldMessages(): MessageFold {
  const messages: MessageDocument[] = [];
  const patches: MessagePatch[] = [];
  const parts = new Map<string, Part>();

  function fold(patch: MessagePatch, { first, last, places }: Part): void {
    const { after, up_to, addressee, once, set } = patch;
    for (let seq = Math.max(after + 1, first); seq <= Math.min(up_to, last); seq += 1) {
      const place = places.get(seq);
      const message = place === undefined ? undefined : messages[place];
      if (place === undefined || message === undefined || message[once] !== null) continue;
      if (addressee !== undefined && message.to?.id !== addressee) continue;
      messages[place] = { ...message, ...set };
    }
  }

  return {
    messages,
    patches,

    add(message) {
      const { conversation, seq } = message;
      const place = messages.push(message) - 1;
      const part = parts.get(conversation);
      if (part === undefined) {
        parts.set(conversation, { first: seq, last: seq, places: new Map([[seq, place]]) });
        return;
      }
      if (seq < part.first) part.first = seq;
      if (seq > part.last) part.last = seq;
      if (!part.places.has(seq)) part.places.set(seq, place);
    },

    patch(patch) {
      const part = parts.get(patch.conversation);
      if (part !== undefined) fold(patch, part);
      const up_to = Math.min(patch.up_to, (part?.first ?? Infinity) - 1);
      if (up_to > patch.after) patches.push({ ...patch, up_to });
    },
  };
}
