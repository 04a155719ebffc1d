import { ref } from './projection-documents.ts';
import type { Fact } from './projection-log.ts';

export function sent(conversation: string, seq: number, from: string, to: string | null, msg = `text ${seq}`): Fact {
  return {
    stream: `conversation-${conversation}`,
    type: 'MessageSent',
    data: {
      clientId: `${conversation}-${seq}`,
      seq,
      from: ref(from),
      to: to === null ? null : ref(to),
      msg,
      sendDate: 1_000_000 + seq,
    },
  };
}

export function read(conversation: string, reader: string, after: number, seq: number): Fact {
  return {
    stream: `conversation-${conversation}`,
    type: 'MessagesRead',
    data: { reader, after, seq, readDate: 2_000_000 + seq },
  };
}

export function registered(id: string): Fact {
  return { stream: `user-${id}`, type: 'UserRegistered', data: { ...ref(id), avatar: null } };
}

/** One of ours that no program can read. */
export function unreadable(stream: string, lastSeq?: number): Fact {
  const type = stream.startsWith('user-') ? 'UserChanged' : 'MessageSent';
  return { stream, type, data: { seq: 'seven' }, ...(lastSeq !== undefined && { lastSeq }) };
}

/** An operator's decision. */
export function passedOver(stream: string, revision: number): Fact {
  return { stream, type: 'EventPassedOver', data: { revision, reason: 'a test', date: 3_000_000 } };
}

/** `count` messages of a to b in `dm~a~b`, from `first` on. */
export function sentMany(count: number, first = 1): Fact[] {
  return Array.from({ length: count }, (_, index) => sent('dm~a~b', first + index, 'a', 'b'));
}
