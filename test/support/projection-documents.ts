import type {
  ConversationChange,
  MemberChange,
  MessageDocument,
  ReadModelBatch,
} from '../../src/read-model/read-model.ts';

export const emptyBatch: ReadModelBatch = { users: [], messages: [], reads: [], conversations: [] };

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

/** What these messages of one conversation change in it. */
export function changeOf(messages: readonly MessageDocument[]): ConversationChange {
  const last = messages.at(-1)!;
  const people = messages.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));
  const ids = [...new Set(people.map(({ id }) => id))];
  return {
    _id: last.conversation,
    revision: last.revision,
    last_position: last.position,
    last_message: {
      seq: last.seq,
      client_id: last.client_id,
      revision: last.revision,
      from: last.from.id,
      msg: last.msg,
      send_date: last.send_date,
    },
    members: ids.map((id) => {
      const own = messages.filter(({ from }) => from.id === id);
      const { username } = people.findLast((person) => person.id === id)!;
      const clientIds = own.map(({ client_id }) => client_id).sort();
      return memberChange(id, {
        username,
        own_seq: own.at(-1)?.seq ?? 0,
        greatest_client_id: clientIds.at(-1) ?? null,
      });
    }),
  };
}

export function memberChange(id: string, given: Partial<MemberChange> = {}): MemberChange {
  return { id, username: undefined, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null, ...given };
}

/** A batch of messages of one conversation. */
export function messagesBatch(...messages: readonly MessageDocument[]): ReadModelBatch {
  return { ...emptyBatch, messages, conversations: [changeOf(messages)] };
}
