import type { MessageDocument, UserRefDocument } from '../documents.ts';
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
  const conversations = conversationPlaces();
  const persons = personPlaces();
  const places = { numberOfConversation: conversations.of, numberOfPerson: persons.of };
  const rows = encodeRows('message', messages, places);
  return { rows, conversations: conversations.all, persons: persons.all };
}

/** Gives each conversation a place in a list, in the order in which they come up. */
function conversationPlaces(): { readonly all: string[]; readonly of: (id: string) => number } {
  const all: string[] = [];
  const known = new Map<string, number>();
  return {
    all,
    of(id) {
      let place = known.get(id);
      if (place === undefined) {
        place = all.push(id) - 1;
        known.set(id, place);
      }
      return place;
    },
  };
}

/** The same for persons. One whose name changes to and fro gets several places, which is harmless. */
function personPlaces(): { readonly all: UserRefDocument[]; readonly of: (person: UserRefDocument) => number } {
  const all: UserRefDocument[] = [];
  const known = new Map<string, number>();
  return {
    all,
    of(person) {
      let place = known.get(person.id);
      if (place === undefined || all[place]?.username !== person.username) {
        place = all.push(person) - 1;
        known.set(person.id, place);
      }
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
