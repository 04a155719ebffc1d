import { describe, expect, it } from 'vitest';
import { emptyConversation } from '../../src/domain/conversation/conversation.ts';
import type { Conversation } from '../../src/domain/conversation/conversation.ts';
import { evolve } from '../../src/domain/conversation/kinds.ts';
import type { ConversationEvent } from '../../src/domain/conversation/kinds.ts';
import { decideRead } from '../../src/domain/conversation/kinds/messages-read.ts';
import type { MarkRead } from '../../src/domain/conversation/kinds/messages-read.ts';
import type { RecordedMessage } from '../../src/domain/conversation/recorded-message.ts';
import { decideSend } from '../../src/domain/conversation/kinds/message-sent.ts';
import type { SendMessage } from '../../src/domain/conversation/kinds/message-sent.ts';

const id = 'dm~1001~1002';
const from = { id: '1001', username: 'zhangsan' };
const to = { id: '1002', username: 'lisi' };

function sent(seq: number, msg = `message ${seq}`): ConversationEvent {
  return { type: 'MessageSent', data: { clientId: `c${seq}`, seq, from, to, msg, sendDate: 1_000 + seq } };
}

function read(reader: string, after: number, seq: number): ConversationEvent {
  return { type: 'MessagesRead', data: { reader, after, seq, readDate: 2_000 + seq } };
}

function given(...events: ConversationEvent[]): Conversation {
  return events.reduce(evolve, emptyConversation);
}

function send(clientId: string, msg = 'hello', prior?: RecordedMessage): SendMessage {
  return { conversation: id, clientId, from, to, blocked: false, msg, now: 5_000, prior };
}

function markRead(reader: string, seq: number, readSeq: number): MarkRead {
  return { reader, seq, readSeq, now: 6_000 };
}

function priorOf(event: ConversationEvent, conversation = id): RecordedMessage {
  if (event.type !== 'MessageSent') throw new TypeError('not a message');
  return { conversation, revision: 3, position: 40, sent: event.data };
}

describe('sending a message', () => {
  it('to somebody who is blocked is refused, and what was sent before is answered as it was', () => {
    expect(decideSend(given(), { ...send('a'), blocked: true })).toMatchObject({ kind: 'refused', code: 'BLOCKED' });
    const prior = priorOf(sent(1));
    expect(decideSend(given(sent(1)), { ...send('c1', 'message 1', prior), blocked: true })).toEqual({
      kind: 'duplicate',
      prior,
    });
  });

  it('begins a conversation at seq 1', () => {
    expect(decideSend(given(), send('a'))).toEqual({
      kind: 'accepted',
      event: { type: 'MessageSent', data: { clientId: 'a', seq: 1, from, to, msg: 'hello', sendDate: 5_000 } },
    });
  });

  it('takes the next seq, whatever was read in between', () => {
    const state = given(sent(1), sent(2), read('1002', 0, 2));
    expect(decideSend(state, send('a'))).toMatchObject({ kind: 'accepted', event: { data: { seq: 3 } } });
  });

  it('changes nothing where the same was sent under the same id before', () => {
    const prior = priorOf(sent(1, 'hello'));
    expect(decideSend(given(sent(1, 'hello')), send('c1', 'hello', prior))).toEqual({ kind: 'duplicate', prior });
  });

  it('is refused where the id was used with another text', () => {
    const decision = decideSend(given(sent(1)), send('c1', 'another', priorOf(sent(1))));
    expect(decision).toMatchObject({ kind: 'refused', code: 'IDEMPOTENCY_CONFLICT' });
  });

  it('is refused where the id was used in another conversation', () => {
    const prior = priorOf(sent(1, 'hello'), 'dm~1001~1003');
    expect(decideSend(given(), send('c1', 'hello', prior))).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });
});

describe('marking as read', () => {
  it('moves the watermark and says from where', () => {
    expect(decideRead(given(sent(1), sent(2)), markRead('1002', 2, 0))).toEqual({
      kind: 'accepted',
      event: { type: 'MessagesRead', data: { reader: '1002', after: 0, seq: 2, readDate: 6_000 } },
    });
  });

  it('changes nothing at or below the watermark', () => {
    const state = given(sent(1), sent(2), read('1002', 0, 2));
    expect(decideRead(state, markRead('1002', 2, 2))).toEqual({ kind: 'unchanged' });
    expect(decideRead(state, markRead('1002', 1, 2))).toEqual({ kind: 'unchanged' });
  });

  it('is refused beyond the last seq', () => {
    expect(decideRead(given(sent(1)), markRead('1002', 2, 0))).toMatchObject({ code: 'SEQ_OUT_OF_RANGE' });
  });

  it('is refused in a conversation that does not exist', () => {
    expect(decideRead(given(), markRead('1002', 1, 0))).toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
  });
});

describe('the state of a conversation', () => {
  it('keeps the highest watermark of each reader', () => {
    const state = given(sent(1), sent(2), sent(3), read('1002', 0, 3), read('1002', 0, 1), read('1001', 0, 2));
    expect(state.lastSeq).toBe(3);
    expect(Object.fromEntries(state.readSeq)).toEqual({ 1001: 2, 1002: 3 });
  });
});
