import { markOf, membershipId } from '../../src/read-model/documents.ts';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import type {
  ConversationDocument,
  DocumentKind,
  Documents,
  MembershipDocument,
  MessageDocument,
  PatchedField,
} from '../../src/read-model/documents.ts';
import type { Landmark } from '../../src/event-store/log-identity.ts';
import { documentOrder, ReadModelMovedError } from '../../src/read-model/read-model.ts';
import type {
  ConversationChange,
  ListedConversation,
  MembershipChange,
  MessagePatch,
  ReadModel,
} from '../../src/read-model/read-model.ts';

type Stored = { readonly [Kind in DocumentKind]: Map<string, Documents[Kind]> };

/** The whole port over plain maps, for tests that want a read model and no store. Nothing is kept beyond the object. */
export function createInMemoryReadModel(): ReadModel {
  const stored: Stored = {
    user: new Map(),
    conversation: new Map(),
    membership: new Map(),
    message: new Map(),
    damage: new Map(),
  };
  let checkpoint = 0;
  let landmark: Landmark | undefined;

  /** Of the user, those that have a message. */
  function begunBy(user: string): ConversationDocument[] {
    return [...stored.membership.values()]
      .filter((membership) => membership.user === user)
      .map(({ conversation }) => stored.conversation.get(conversation))
      .filter((conversation) => conversation !== undefined && conversation.last_seq > 0) as ConversationDocument[];
  }

  function listed(user: string, conversation: ConversationDocument): ListedConversation {
    const { _id, last_seq } = conversation;
    const { read_seq, read_date, own_seq } = stored.membership.get(membershipId(user, _id))!;
    const last_message = stored.message.get(`${_id}:${last_seq}`)!;
    const [one, other] = directRosters.directMembers(_id) ?? [];
    const peer = one === user ? (other ?? one) : one;
    return {
      conversation,
      membership: { user, read_seq, read_date, own_seq },
      last_message,
      peer_read_seq: stored.membership.get(membershipId(peer ?? '', _id))?.read_seq ?? 0,
    };
  }

  return {
    fault: () => Promise.resolve(undefined),
    checkpoint: () => Promise.resolve(checkpoint),
    place: () => Promise.resolve({ position: checkpoint, landmark }),
    user: (id) => Promise.resolve(stored.user.get(id)),
    usersById: (ids) => Promise.resolve(present(stored.user, ids)),
    users: ({ after = '', limit }) =>
      Promise.resolve(
        inOrder(stored, 'user')
          .filter(({ _id }) => _id > after)
          .slice(0, limit),
      ),
    usersStarting(text, limit) {
      const all = inOrder(stored, 'user');
      const byId = all.filter(({ _id }) => _id.startsWith(text));
      const byName = all.filter(({ _id, username }) => username.startsWith(text) && !_id.startsWith(text));
      const named = byName.toSorted((one, other) => (one.username < other.username ? -1 : 1));
      return Promise.resolve([...byId, ...named].slice(0, limit));
    },
    conversation(id) {
      const found = stored.conversation.get(id);
      return Promise.resolve(found === undefined || found.last_seq === 0 ? undefined : found);
    },
    membership: (user, conversation) => Promise.resolve(stored.membership.get(membershipId(user, conversation))),
    conversations({ user, before, limit }) {
      const found = begunBy(user).filter((each) => before === undefined || newestFirst(before, each) < 0);
      return Promise.resolve(
        found
          .sort(newestFirst)
          .slice(0, limit)
          .map((each) => listed(user, each)),
      );
    },
    conversationsChangedSince(user, position, limit) {
      const found = begunBy(user).filter(({ last_position }) => last_position > position);
      return Promise.resolve(found.sort((one, other) => one.last_position - other.last_position).slice(0, limit));
    },
    message: (id) => Promise.resolve(stored.message.get(id)),
    newestMessages: (conversations) =>
      Promise.resolve(
        conversations.flatMap((id) => stored.message.get(`${id}:${stored.conversation.get(id)?.last_seq}`) ?? []),
      ),
    messages({ conversation, before = Infinity, after, limit }) {
      const found = inOrder(stored, 'message').filter(
        (each) => each.conversation === conversation && each.seq < before && each.seq > (after ?? 0),
      );
      return Promise.resolve((after === undefined ? found.reverse() : found).slice(0, limit));
    },
    messageByClientId(sender, clientId) {
      const found = [...stored.message.values()].filter(
        ({ from, client_id }) => from.id === sender && client_id === clientId,
      );
      return Promise.resolve(found.sort((one, other) => one.position - other.position)[0]);
    },
    greatestClientId(sender) {
      const ofSender = [...stored.membership.values()].filter(({ user }) => user === sender);
      const ids = ofSender.map(({ greatest_client_id }) => greatest_client_id).filter((id) => id !== null);
      return Promise.resolve(ids.sort().at(-1));
    },

    damage: (stream) => Promise.resolve(stored.damage.get(stream)),
    damages: (limit) =>
      Promise.resolve(
        inOrder(stored, 'damage')
          .filter(({ passed }) => passed === null)
          .slice(0, limit),
      ),

    async *scan(kind) {
      const found = inOrder(stored, kind);
      const shown =
        kind === 'conversation' ? found.filter((each) => (each as ConversationDocument).last_seq > 0) : found;
      await Promise.resolve();
      if (shown.length > 0) yield shown;
    },

    apply(batch, { after, position, ...span }) {
      if (checkpoint < after) return Promise.reject(new ReadModelMovedError(after, checkpoint));
      if (position <= checkpoint) return Promise.resolve();
      for (const user of batch.users) {
        if ((stored.user.get(user._id)?.position ?? -1) < user.position) stored.user.set(user._id, user);
      }
      for (const damage of batch.damages) {
        const there = stored.damage.get(damage._id);
        const newer = there === undefined || damage.revision > there.revision;
        if (newer || (damage.revision === there.revision && there.passed === null))
          stored.damage.set(damage._id, damage);
      }
      for (const message of batch.messages) addMessage(stored, message);
      for (const patch of batch.patches) applyPatch(stored, patch);
      for (const change of batch.conversations) mergeConversation(stored, change);
      for (const change of batch.memberships) mergeMembership(stored, change);
      checkpoint = position;
      landmark = span.landmark;
      return Promise.resolve();
    },

    close: () => Promise.resolve(),
  };
}

function inOrder<Kind extends DocumentKind>(stored: Stored, kind: Kind): Documents[Kind][] {
  return [...stored[kind].values()].sort(documentOrder(kind));
}

function present<T>(documents: ReadonlyMap<string, T>, ids: readonly string[]): T[] {
  return [...new Set(ids)].flatMap((id) => documents.get(id) ?? []);
}

function newestFirst(
  one: Pick<ConversationDocument, 'updated_at' | '_id'>,
  other: Pick<ConversationDocument, 'updated_at' | '_id'>,
): number {
  if (one.updated_at !== other.updated_at) return other.updated_at - one.updated_at;
  if (one._id === other._id) return 0;
  return one._id < other._id ? 1 : -1;
}

/** One that is there stays, but takes what was patched where its mark says that it has not. */
function addMessage({ message: messages }: Stored, message: MessageDocument): void {
  const there = messages.get(message._id) ?? message;
  const patched = Object.entries(markOf).filter(([, mark]) => there[mark] === null && message[mark] !== null);
  const taken: MessagePatch['set'] = Object.fromEntries(
    patched.map(([name]) => [name, message[name as PatchedField]] as const),
  );
  messages.set(message._id, { ...there, ...taken });
}

function applyPatch({ message: messages }: Stored, patch: MessagePatch): void {
  const { conversation, after, up_to, addressee, once, set } = patch;
  for (const [id, message] of messages) {
    if (message.conversation !== conversation || message.seq <= after || message.seq > up_to) continue;
    if (addressee !== undefined && message.to?.id !== addressee) continue;
    if (message[once] === null) messages.set(id, { ...message, ...set });
  }
}

function mergeConversation({ conversation: conversations }: Stored, change: ConversationChange): void {
  const there = conversations.get(change._id);
  if (there === undefined) {
    conversations.set(change._id, { ...change });
  } else if (change.revision > there.revision) {
    const newer = change.last_seq > there.last_seq ? change : there;
    const { revision, last_position } = change;
    const { last_seq, updated_at } = newer;
    conversations.set(change._id, { ...there, revision, last_position, last_seq, updated_at });
  }
}

function mergeMembership({ membership: memberships }: Stored, change: MembershipChange): void {
  const { user, conversation, joined_seq, own_seq, greatest_client_id } = change;
  const _id = membershipId(user, conversation);
  const nothing = { joined_seq, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null };
  const there: MembershipDocument = memberships.get(_id) ?? { _id, user, conversation, ...nothing };
  const { read_seq, read_date } = change.read_seq > there.read_seq ? change : there;
  memberships.set(_id, {
    ...{ _id, user, conversation, joined_seq: there.joined_seq, read_seq, read_date },
    own_seq: Math.max(own_seq, there.own_seq),
    greatest_client_id: greater(greatest_client_id, there.greatest_client_id),
  });
}

function greater(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
