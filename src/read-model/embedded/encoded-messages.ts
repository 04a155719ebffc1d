import type { MessageDocument, UserRefDocument } from '../documents.ts';
import { columns, encoder } from './columns.ts';
import type { Numbering, Value } from './columns.ts';

/**
 * Rows of `message` as one list of values, made in any thread. Conversations and persons are places in the two lists
 * until `renumber` puts in their numbers: only the thread that writes can give those.
 */
export interface EncodedMessages {
  readonly values: Value[];
  readonly conversations: readonly string[];
  readonly persons: readonly UserRefDocument[];
}

export function encodeMessages(messages: readonly MessageDocument[]): EncodedMessages {
  const conversations = conversationPlaces();
  const persons = personPlaces();
  const encode = encoder('message', { numberOfConversation: conversations.of, numberOfPerson: persons.of });
  const values: Value[] = [];
  for (const message of messages) encode(message, values);
  return { values, conversations: conversations.all, persons: persons.all };
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

const width = columns.message.length;
const placesOf = (wanted: string): number[] =>
  columns.message.flatMap(({ form }, place) => (form === wanted ? [place] : []));
const conversationColumns = placesOf('conversation');
const personColumns = placesOf('person');

/** Puts in the numbers of conversations and persons, and gives the values. */
export function renumber({ values, conversations, persons }: EncodedMessages, numbering: Numbering): Value[] {
  const put = (places: readonly number[], numbers: readonly number[]): void => {
    for (const place of places) {
      for (let at = place; at < values.length; at += width) {
        const value = values[at];
        if (typeof value === 'number') values[at] = numbers[value] ?? 0;
      }
    }
  };
  put(conversationColumns, conversations.map(numbering.numberOfConversation));
  put(personColumns, persons.map(numbering.numberOfPerson));
  return values;
}
