import type { ReadModelScan } from '../read-model.ts';
import { maxReadMs } from './client.ts';
import type { Collections } from './collections.ts';
import { messageBySeq } from './collections.ts';
import { toConversation, toMessage, toUser } from './documents.ts';
import type { Reading } from './queries.ts';

const pageSize = 1_000;
const options = { maxTimeMS: maxReadMs, batchSize: pageSize, limit: pageSize } as const;

/** Every document in the port's order, a page at a time: no cursor is held between two pages. */
export function createScans({ user, message, conversation }: Collections, answer: Reading): ReadModelScan {
  return {
    async *scanUsers() {
      const after = (id: string) =>
        user
          .find({ _id: { $gt: id } }, options)
          .sort({ _id: 1 })
          .toArray();
      for await (const page of pages(answer, after, '', ({ _id }) => _id)) yield page.map(toUser);
    },
    async *scanConversations() {
      const after = (id: string) =>
        conversation
          .find({ _id: { $gt: id } }, options)
          .sort({ _id: 1 })
          .toArray();
      for await (const page of pages(answer, after, '', ({ _id }) => _id)) {
        const shown = page.map(toConversation).filter((one) => one !== undefined);
        if (shown.length > 0) yield shown;
      }
    },
    async *scanMessages() {
      // `min` begins the walk of the index at a place in both of its fields, which no filter does.
      const from = (place: { readonly conversation: string; readonly seq: number }) =>
        message.find({}, options).sort(messageBySeq).hint(messageBySeq).min(place).toArray();
      const first = { conversation: '', seq: 0 };
      const next = ({ conversation: id, seq }: typeof first) => ({ conversation: id, seq: seq + 1 });
      for await (const page of pages(answer, from, first, next)) yield page.map(toMessage);
    },
  };
}

/** Pages of documents, each from the place after the last one before, until there are no more. */
async function* pages<T, Place>(
  answer: Reading,
  read: (place: Place) => Promise<T[]>,
  first: Place,
  placeAfter: (last: T) => Place,
): AsyncGenerator<T[]> {
  let place = first;
  for (;;) {
    const page = await answer(() => read(place));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    place = placeAfter(last);
  }
}
