import type { MessageDocument, UserRefDocument } from '../documents.ts';
import type { ReadModelBatch } from '../read-model.ts';
import { columns, encodeRows } from './columns.ts';
import type { Numbering, Rows } from './columns.ts';

/**
 * Rows of `message`, made in any thread. Conversations and persons are places in the two lists until `renumber` puts in
 * their numbers: only the thread that writes can give those.
 */
export interface EncodedMessages {
  readonly rows: Rows;
  readonly conversations: readonly string[];
  readonly persons: readonly UserRefDocument[];
}

export function encodeMessages(messages: readonly MessageDocument[]): EncodedMessages {
  const conversations = places<string>((id) => id);
  // One whose name changes to and fro gets several places, which is harmless.
  const persons = places<UserRefDocument>(
    ({ id }) => id,
    (one, other) => one.username === other.username,
  );
  const numbering = { numberOfConversation: conversations.of, numberOfPerson: persons.of };
  return { rows: encodeRows('message', messages, numbering), conversations: conversations.all, persons: persons.all };
}

/** Gives each thing a place in a list, in the order in which they come up. */
function places<T>(keyOf: (thing: T) => string, isSame: (one: T, other: T) => boolean = () => true) {
  const all: T[] = [];
  const known = new Map<string, { readonly place: number; readonly thing: T }>();
  return {
    all: all as readonly T[],
    of(thing: T): number {
      const key = keyOf(thing);
      const found = known.get(key);
      if (found !== undefined && isSame(found.thing, thing)) return found.place;
      const place = all.push(thing) - 1;
      known.set(key, { place, thing });
      return place;
    },
  };
}

/** Puts in the numbers of conversations and persons, and gives the rows. */
export function renumber({ rows, conversations, persons }: EncodedMessages, numbering: Numbering): Rows {
  const numbers: Readonly<Record<string, readonly number[]>> = {
    conversation: conversations.map(numbering.numberOfConversation),
    person: persons.map(numbering.numberOfPerson),
  };
  rows.columns.forEach((list, place) => {
    const ofForm = numbers[columns.message[place]?.form ?? ''];
    for (let row = 0; ofForm !== undefined && row < rows.count; row += 1) {
      const value = list[row];
      if (typeof value === 'number') list[row] = ofForm[value] ?? 0;
    }
  });
  return rows;
}

/** A batch in the form in which threads hand it on and the bulk writer takes it. */
export interface EncodedRows extends Omit<ReadModelBatch, 'messages'> {
  readonly messages: EncodedMessages;
}

/** The `Encoder` of the embedded construction. */
export function encode(batch: ReadModelBatch): EncodedRows {
  return { ...batch, messages: encodeMessages(batch.messages) };
}
