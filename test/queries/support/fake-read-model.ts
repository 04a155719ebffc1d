import { directRosters } from '../../../src/domain/conversation/rosters.ts';
import type { Rosters } from '../../../src/domain/conversation/rosters.ts';
import type {
  ConversationDocument,
  MembershipDocument,
  MessageDocument,
  UserDocument,
} from '../../../src/read-model/documents.ts';
import { membershipId } from '../../../src/read-model/documents.ts';
import type { ListedConversation, ReadModelQueries } from '../../../src/read-model/read-model.ts';

/** Documents in Maps, and the switches a test needs: what the checkpoint says, what every call throws. */
export function createFakeReadModel() {
  const users = new Map<string, UserDocument>();
  const messages = new Map<string, MessageDocument>();
  const conversations = new Map<string, ConversationDocument>();
  const memberships = new Map<string, MembershipDocument>();
  const state = {
    users,
    messages,
    conversations,
    memberships,
    /** Newest position of the log. */
    position: 0,
    /** Checkpoint where the read model lags; undefined: it does not. */
    checkpoint: undefined as number | undefined,
    /** Thrown by every call. */
    broken: undefined as Error | undefined,
    /** Names of the methods called. */
    calls: [] as string[],
  };

  function query<T>(name: string, value: () => T): Promise<T> {
    state.calls.push(name);
    return state.broken === undefined ? Promise.resolve(structuredClone(value())) : Promise.reject(state.broken);
  }

  function listed(membership: MembershipDocument): ListedConversation {
    const conversation = conversations.get(membership.conversation)!;
    const [one, other] = directRosters.directMembers(conversation._id) ?? [];
    const peer = membershipId((one === membership.user ? other : one) ?? membership.user, conversation._id);
    const last_message = messages.get(`${conversation._id}:${conversation.last_seq}`)!;
    return { conversation, membership, last_message, peer_read_seq: memberships.get(peer)?.read_seq ?? 0 };
  }

  const queries: ReadModelQueries = {
    checkpoint: () => query('checkpoint', () => state.checkpoint ?? state.position),
    user: (id) => query('user', () => users.get(id)),
    usersById: (ids) => query('usersById', () => [...users.values()].filter(({ _id }) => ids.includes(_id))),
    users: ({ after = '', limit }) =>
      query('users', () =>
        [...users.values()]
          .filter(({ _id }) => _id > after)
          .sort((a, b) => (a._id < b._id ? -1 : 1))
          .slice(0, limit),
      ),
    usersStarting: (text, limit) =>
      query('usersStarting', () =>
        [...users.values()]
          .filter(({ _id, username }) => _id.startsWith(text) || username.startsWith(text))
          .slice(0, limit),
      ),
    conversation: (id) => query('conversation', () => conversations.get(id)),
    membership: (user, conversation) => query('membership', () => memberships.get(membershipId(user, conversation))),
    conversations: ({ user, before, limit }) =>
      query('conversations', () =>
        [...memberships.values()]
          .filter((membership) => membership.user === user)
          .map((membership) => listed(membership))
          .filter(({ conversation }) => before === undefined || newestFirst(before, conversation) < 0)
          .sort((one, other) => newestFirst(one.conversation, other.conversation))
          .slice(0, limit),
      ),
    conversationsChangedSince: () => Promise.reject(new Error('not used')),
    message: (id) => query('message', () => messages.get(id)),
    newestMessages: (ids) =>
      query('newestMessages', () =>
        ids.flatMap((id) => messages.get(`${id}:${conversations.get(id)?.last_seq ?? 0}`) ?? []),
      ),
    messages: ({ conversation, before = Infinity, after, limit }) =>
      query('messages', () => {
        const found = [...messages.values()]
          .filter((each) => each.conversation === conversation && each.seq < before && each.seq > (after ?? 0))
          .sort((a, b) => a.seq - b.seq);
        return (after === undefined ? found.reverse() : found).slice(0, limit);
      }),
    messageByClientId: () => Promise.reject(new Error('not used')),
    greatestClientId: () => Promise.reject(new Error('not used')),
  };
  /** Members of groups are those that have a membership. */
  const rosters: Rosters = {
    ...directRosters,
    of(conversation) {
      const members = [...memberships.values()].filter((each) => each.conversation === conversation);
      if (!conversation.startsWith('group~') || members.length === 0) return directRosters.of(conversation);
      return {
        direct: false,
        members: members.map(({ user }) => user),
        joinedSeq: (user) => members.find((each) => each.user === user)?.joined_seq,
      };
    },
  };
  /** Makes a user a member, with what the membership says. */
  function join(user: string, conversation: string, fields: Partial<MembershipDocument> = {}): MembershipDocument {
    const _id = membershipId(user, conversation);
    const nothing = { joined_seq: 0, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null };
    const membership = { ...nothing, ...memberships.get(_id), ...fields, _id, user, conversation };
    memberships.set(_id, membership);
    return membership;
  }

  return Object.assign(state, { queries, rosters, join });
}

export type FakeReadModel = ReturnType<typeof createFakeReadModel>;

function newestFirst(
  one: Pick<ConversationDocument, 'updated_at' | '_id'>,
  other: Pick<ConversationDocument, 'updated_at' | '_id'>,
): number {
  if (one.updated_at !== other.updated_at) return other.updated_at - one.updated_at;
  if (one._id === other._id) return 0;
  return one._id < other._id ? 1 : -1;
}
