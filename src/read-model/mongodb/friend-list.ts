import type { Document } from 'mongodb';
import { messageId } from '../../domain/conversation/conversation-id.ts';
import { directRosters, peerAmong } from '../../domain/conversation/rosters.ts';
import { membershipId } from '../documents.ts';
import type { ConversationDocument, MembershipDocument } from '../documents.ts';
import type { ConversationsQuery, ListedConversation } from '../read-model.ts';
import type { Collections } from './collections.ts';
import { toDocument } from './documents.ts';
import { among, membershipsOf, readOptions } from './find.ts';
import type { Find } from './find.ts';

type Read = Pick<MembershipDocument, '_id' | 'read_seq' | 'read_date' | 'own_seq'>;

/** What a user's memberships lead to. */
export interface FriendList {
  page(query: ConversationsQuery): Promise<ListedConversation[]>;
  changedSince(user: string, position: number, limit: number): Promise<ConversationDocument[]>;
}

export function createFriendList({ membership, conversation }: Collections, find: Find): FriendList {
  /**
   * The server goes from the memberships, by the index of `_id` alone, to their conversations, and sends only those that
   * are wanted. One look-up for all ids takes a fraction of the time of one for each, and less than to send the ids back and forth.
   */
  async function ofUser(user: string, wanted: readonly Document[]): Promise<ConversationDocument[]> {
    const id = { $substrBytes: ['$_id', Buffer.byteLength(membershipId(user, '')), -1] };
    const pipeline = [{ $match: { last_seq: { $gt: 0 } } }, ...wanted];
    const from = conversation.collectionName;
    const found = membership.aggregate<ConversationDocument>(
      [
        { $match: membershipsOf(user) },
        { $group: { _id: null, ids: { $push: id } } },
        { $lookup: { from, localField: 'ids', foreignField: '_id', pipeline, as: 'conversation' } },
        { $unwind: '$conversation' },
        { $replaceRoot: { newRoot: '$conversation' } },
      ],
      readOptions,
    );
    return (await found.toArray()).map((stored) => toDocument('conversation', stored));
  }

  /** What has been read, by membership. */
  async function readOf(ids: readonly string[]): Promise<ReadonlyMap<string, Read>> {
    const projection = { read_seq: 1, read_date: 1, own_seq: 1 };
    const found = await membership.find<Read>(among(ids), { ...readOptions, projection }).toArray();
    return new Map(found.map((one) => [one._id, one]));
  }

  return {
    async page({ user, before, limit }) {
      const place = before && {
        $or: [{ updated_at: { $lt: before.updated_at } }, { updated_at: before.updated_at, _id: { $lt: before._id } }],
      };
      const page = await ofUser(user, [
        ...(place === undefined ? [] : [{ $match: place }]),
        { $sort: { updated_at: -1, _id: -1 } },
        { $limit: limit },
      ]);
      const [read, messages] = await Promise.all([
        readOf(page.flatMap(({ _id }) => [user, peerIn(_id, user)].map((member) => membershipId(member, _id)))),
        find('message', among(page.map(({ _id, last_seq }) => messageId(_id, last_seq)))),
      ]);
      const newest = new Map(messages.map((one) => [one.conversation, one]));
      return page.flatMap((listed) => {
        const own = read.get(membershipId(user, listed._id));
        const message = newest.get(listed._id);
        if (own === undefined || message === undefined) return [];
        const { read_seq, read_date, own_seq } = own;
        const peer_read_seq = read.get(membershipId(peerIn(listed._id, user), listed._id))?.read_seq ?? 0;
        const membership = { user, read_seq, read_date, own_seq };
        return [{ conversation: listed, membership, last_message: message, peer_read_seq }];
      });
    },

    changedSince: (user, position, limit) =>
      ofUser(user, [
        { $match: { last_position: { $gt: position } } },
        { $sort: { last_position: 1 } },
        { $limit: limit },
      ]),
  };
}

/** The other side of a direct conversation; nobody in a group. */
function peerIn(conversation: string, user: string): string {
  return peerAmong(directRosters.directMembers(conversation), user) ?? '';
}
