import type { FindOptions } from 'mongodb';
import { messageId } from '../../domain/conversation/conversation-id.ts';
import { membershipId } from '../documents.ts';
import type { DocumentKind } from '../documents.ts';
import { greater, usersOfText } from '../merge.ts';
import type { DamageQueries, ReadModelQueries } from '../read-model.ts';
import { deadlines } from './client.ts';
import type { Collections } from './collections.ts';
import { isReplaced } from './errors.ts';
import { among, createFind, membershipsOf, readOptions } from './find.ts';
import { createFriendList } from './friend-list.ts';
import { within } from './within.ts';

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
  collections: Collections,
  answer: Reading,
): Omit<ReadModelQueries, 'checkpoint'> & DamageQueries {
  const find = createFind(collections);
  const friends = createFriendList(collections, find);

  const first = async <Kind extends DocumentKind>(kind: Kind, filter: object, options?: FindOptions) =>
    (await find(kind, filter, { ...options, limit: 1 }))[0];
  const byId = <Kind extends DocumentKind>(kind: Kind, id: string) => first(kind, { _id: id });

  return {
    user: (id) => answer(() => byId('user', id)),
    usersById: (ids) => answer(() => find('user', among(ids))),
    users: ({ after = '', limit }) => answer(() => find('user', { _id: { $gt: after } }, { sort: { _id: 1 }, limit })),
    usersStarting: (text, limit) =>
      answer(async () => {
        const page = (field: '_id' | 'username') =>
          find('user', { [field]: { $gte: text } }, { sort: { [field]: 1 }, limit });
        return usersOfText({ text, limit }, await Promise.all([page('_id'), page('username')]));
      }),

    conversation: (id) => answer(() => first('conversation', { _id: id, last_seq: { $gt: 0 } })),
    membership: (user, conversation) => answer(() => byId('membership', membershipId(user, conversation))),
    conversations: (query) => answer(() => friends.page(query)),
    conversationsChangedSince: (...since) => answer(() => friends.changedSince(...since)),

    damage: (stream) => answer(() => byId('damage', stream)),
    damages: (limit) => answer(() => find('damage', { passed: null }, { sort: { _id: 1 }, limit })),

    message: (id) => answer(() => byId('message', id)),
    newestMessages: (conversations) =>
      answer(async () => {
        const begun = await find('conversation', { ...among(conversations), last_seq: { $gt: 0 } });
        return find('message', among(begun.map(({ _id, last_seq }) => messageId(_id, last_seq))));
      }),
    messages: ({ conversation, before, after, limit }) => {
      const seq = after === undefined ? { $lt: before ?? Number.MAX_SAFE_INTEGER } : { $gt: after };
      const sort = { seq: after === undefined ? -1 : 1 } as const;
      return answer(() => find('message', { conversation, seq }, { sort, limit }));
    },
    messageByClientId: (sender, clientId) =>
      answer(() => first('message', { 'from.id': sender, client_id: clientId }, { sort: { position: 1 } })),
    greatestClientId: (sender) =>
      answer(async () => {
        const sort = { client_id: -1 } as const;
        const projection = { _id: 0, client_id: 1 } as const;
        const found = await collections.message.findOne({ 'from.id': sender }, { ...readOptions, sort, projection });
        if (found === null || !surrogate.test(found.client_id)) return found?.client_id;
        const memberships = await find('membership', membershipsOf(sender));
        return memberships.map((one) => one.greatest_client_id).reduce(greater, null) ?? undefined;
      }),
  };
}

/** The index is in the order of code points, which from a surrogate on is not that of code units. */
const surrogate = /[\uD800-\uDFFF]/;
