import type { DamageDocument, MessageDocument } from '../../src/read-model/documents.ts';
import { emptyBatch } from '../../src/read-model/read-model.ts';
import type {
  ConversationChange,
  MembershipChange,
  MessagePatch,
  ReadModelBatch,
} from '../../src/read-model/read-model.ts';

export { emptyBatch };

export function ref(id: string) {
  return { id, username: `name of ${id}` };
}

/** A message of a to b; `position` and the rest follow from `seq` unless given. */
export function message(seq: number, given: Partial<MessageDocument> = {}): MessageDocument {
  const conversation = given.conversation ?? 'dm~a~b';
  return {
    _id: `${conversation}:${seq}`,
    client_id: `client-${seq}`,
    conversation,
    seq,
    revision: seq - 1,
    position: seq,
    from: ref('a'),
    to: ref('b'),
    msg: `text ${seq}`,
    status: 1,
    send_date: 1_000 + seq,
    read_date: null,
    ...given,
  };
}

/** A stream that stands still at a revision, or was passed over there. */
export function damage(stream: string, revision: number, passed: number | null = null): DamageDocument {
  return { _id: stream, revision, position: revision + 1, reason: 'cannot be read', passed };
}

/** What these messages of one conversation change in it. */
export function changeOf(messages: readonly MessageDocument[]): ConversationChange {
  const { conversation, revision, position, seq, send_date } = messages.at(-1)!;
  return { _id: conversation, revision, last_position: position, last_seq: seq, updated_at: send_date };
}

/** A change of a conversation that brings no message, by an event of this revision and position. */
export function touchOf(conversation: string, revision: number, position: number): ConversationChange {
  return { _id: conversation, revision, last_position: position, last_seq: 0, updated_at: 0 };
}

export function membershipChange(
  user: string,
  given: Partial<MembershipChange> = {},
  conversation = 'dm~a~b',
): MembershipChange {
  const nothing = { joined_seq: 0, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null };
  return { user, conversation, ...nothing, ...given };
}

/** What these messages of one conversation change in the memberships of those whom they name. */
export function membershipsOf(messages: readonly MessageDocument[]): MembershipChange[] {
  const people = messages.flatMap(({ from, to }) => (to === null ? [from.id] : [from.id, to.id]));
  return [...new Set(people)].map((id) => {
    const own = messages.filter(({ from }) => from.id === id);
    const greatest_client_id =
      own
        .map(({ client_id }) => client_id)
        .sort()
        .at(-1) ?? null;
    return membershipChange(id, { own_seq: own.at(-1)?.seq ?? 0, greatest_client_id }, messages[0]!.conversation);
  });
}

/** Says that the reader has read messages of a direct conversation. */
export function readPatch(reader: string, after: number, up_to: number, read_date: number): MessagePatch {
  const set = { status: 2, read_date } as const;
  return { conversation: 'dm~a~b', after, up_to, addressee: reader, once: 'read_date', set };
}

/** A batch of messages of one conversation. */
export function messagesBatch(...messages: readonly MessageDocument[]): ReadModelBatch {
  return { ...emptyBatch, messages, conversations: [changeOf(messages)], memberships: membershipsOf(messages) };
}
