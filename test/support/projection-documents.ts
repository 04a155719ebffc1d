import type { ConversationChange, MessageDocument, ReadModelBatch } from '../../dist/read-model/read-model.js';

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
  return {
    _id: last.conversation,
    revision: last.revision,
    last_position: last.position,
    last_message: { seq: last.seq, from: last.from.id, msg: last.msg, send_date: last.send_date },
    members: [
      { id: last.from.id, username: last.from.username, read_seq: 0, read_date: null, own_seq: last.seq },
      ...(last.to === null
        ? []
        : [{ id: last.to.id, username: last.to.username, read_seq: 0, read_date: null, own_seq: 0 }]),
    ],
  };
}

/** A batch of messages of one conversation. */
export function messagesBatch(...messages: readonly MessageDocument[]): ReadModelBatch {
  return { ...emptyBatch, messages, conversations: [changeOf(messages)] };
}
