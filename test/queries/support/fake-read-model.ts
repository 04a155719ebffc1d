import type {
  ConversationDocument,
  MessageDocument,
  ReadModelQueries,
  UserDocument,
} from '../../../src/read-model/read-model.ts';

/** Documents in Maps, and the switches a test needs: what the checkpoint says, what every call throws. */
export function createFakeReadModel() {
  const users = new Map<string, UserDocument>();
  const messages = new Map<string, MessageDocument>();
  const conversations = new Map<string, ConversationDocument>();
  const state = {
    users,
    messages,
    conversations,
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

  const queries: ReadModelQueries = {
    checkpoint: () => query('checkpoint', () => state.checkpoint ?? state.position),
    user: (id) => query('user', () => users.get(id)),
    usersById: (ids) => query('usersById', () => [...users.values()].filter(({ _id }) => ids.includes(_id))),
    users: () => query('users', () => [...users.values()].sort((a, b) => (a._id < b._id ? -1 : 1))),
    conversation: (id) => query('conversation', () => conversations.get(id)),
    conversations: ({ user, before, limit }) =>
      query('conversations', () =>
        [...conversations.values()]
          .filter(({ members }) => members.some(({ id }) => id === user))
          .filter((each) => before === undefined || newestFirst(before, each) < 0)
          .sort(newestFirst)
          .slice(0, limit),
      ),
    conversationsChangedSince: () => Promise.reject(new Error('not used')),
    message: (id) => query('message', () => messages.get(id)),
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
  return Object.assign(state, { queries });
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
