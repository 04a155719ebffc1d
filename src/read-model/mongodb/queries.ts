import type { FindOptions } from 'mongodb';
import type { ConversationDocument, ReadModelQueries } from '../read-model.ts';
import { deadlines, maxReadMs } from './client.ts';
import type { Collections, StoredConversation } from './collections.ts';
import { toConversation, toMessage, toUser } from './documents.ts';
import { isReplaced } from './errors.ts';
import { within } from './within.ts';

/** One answer in one batch where it fits: a cursor that lives on is one that can be lost. */
const options = { maxTimeMS: maxReadMs, batchSize: 10_000 } as const satisfies FindOptions;

/** Runs a read, in time and with its errors in the port's words. */
export type Reading = <T>(read: () => Promise<T>) => Promise<T>;

/** Reads once more where a rebuild replaced the collection under the first read. */
export function reading<T>(read: () => Promise<T>): Promise<T> {
  const again = async (): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!isReplaced(error)) throw error;
      return read();
    }
  };
  return within(deadlines.read, again());
}

/** The port's queries; the checkpoint is not theirs. */
export function createQueries(
  { user, message, conversation }: Collections,
  answer: Reading,
): Omit<ReadModelQueries, 'checkpoint'> {
  const shown = { last_seq: { $gt: 0 } };

  return {
    user: (id) => answer(async () => orUndefined(await user.findOne({ _id: id }, options), toUser)),
    usersById: (ids) =>
      answer(async () => (await user.find({ _id: { $in: [...ids] } }, options).toArray()).map(toUser)),
    users: () => answer(async () => (await user.find({}, { ...options, sort: { _id: 1 } }).toArray()).map(toUser)),

    conversation: (id) =>
      answer(async () => orUndefined(await conversation.findOne({ _id: id }, options), toConversation)),
    conversations: ({ user: member, before, limit }) =>
      answer(async () => {
        // The first bound is what the index needs, the second leaves out those of the same date that were shown.
        const place = before && {
          updated_at: { $lte: before.updated_at },
          $or: [{ updated_at: { $lt: before.updated_at } }, { _id: { $lt: before._id } }],
        };
        const found = conversation.find({ 'members.id': member, ...place, ...shown }, options);
        return (await found.sort({ updated_at: -1, _id: -1 }).limit(limit).toArray()).flatMap(toShown);
      }),
    conversationsChangedSince: (member, position, limit) =>
      answer(async () => {
        const found = conversation.find({ 'members.id': member, last_position: { $gt: position }, ...shown }, options);
        return (await found.sort({ last_position: 1 }).limit(limit).toArray()).flatMap(toShown);
      }),

    message: (id) => answer(async () => orUndefined(await message.findOne({ _id: id }, options), toMessage)),
    messages: ({ conversation: id, before, after, limit }) =>
      answer(async () => {
        const seq = after === undefined ? { $lt: before ?? Number.MAX_SAFE_INTEGER } : { $gt: after };
        const found = message.find({ conversation: id, seq }, options);
        return (
          await found
            .sort({ seq: after === undefined ? -1 : 1 })
            .limit(limit)
            .toArray()
        ).map(toMessage);
      }),
    messageByClientId: (sender, clientId) =>
      answer(async () => {
        const sort = { position: 1 } as const;
        const found = await message.findOne({ 'from.id': sender, client_id: clientId }, { ...options, sort });
        return orUndefined(found, toMessage);
      }),
    greatestClientId: (sender) =>
      answer(async () => {
        const sort = { client_id: -1 } as const;
        const projection = { _id: 0, client_id: 1 } as const;
        return (await message.findOne({ 'from.id': sender }, { ...options, sort, projection }))?.client_id;
      }),
  };
}

function orUndefined<T, U>(found: T | null, read: (found: T) => U): U | undefined {
  return found === null ? undefined : read(found);
}

function toShown(stored: StoredConversation): ConversationDocument[] {
  const shown = toConversation(stored);
  return shown === undefined ? [] : [shown];
}
