import { assertNever } from '../assert-never.ts';
import type { UserRef } from '../user/user.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationEvent } from './kinds.ts';
import type { MessageSent } from './kinds/message-sent.ts';

/** Everything that is not a rule comes in with the command: time, who the users are, what was said before. */
export interface SendMessage {
  readonly kind: 'SendMessage';
  readonly clientId: string;
  readonly from: UserRef;
  readonly to: UserRef | null;
  readonly msg: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the sender sent before under the same client message id, wherever that was. */
  readonly prior: PriorMessage | undefined;
}

/** A message that is there already. */
export interface PriorMessage {
  readonly conversation: string;
  readonly revision: number;
  readonly position: number;
  readonly sent: MessageSent;
}

export interface MarkRead {
  readonly kind: 'MarkRead';
  readonly reader: string;
  readonly seq: number;
  /** The reader's watermark so far; 0 where nothing was read yet. */
  readonly readSeq: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type ConversationCommand = SendMessage | MarkRead;

/** Why a conversation says no: the codes of the wire. */
export type RefusalCode = 'IDEMPOTENCY_CONFLICT' | 'CONVERSATION_NOT_FOUND' | 'SEQ_OUT_OF_RANGE';

export type Decision =
  | { readonly kind: 'accepted'; readonly event: ConversationEvent }
  | { readonly kind: 'duplicate'; readonly prior: PriorMessage }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly reason: string };

/** The rules of a conversation. Pure: the same command on the same state gives the same decision. */
export function decide(id: string, state: Conversation, command: ConversationCommand): Decision {
  switch (command.kind) {
    case 'SendMessage':
      return decideSend(id, state, command);
    case 'MarkRead':
      return decideRead(state, command);
    default:
      return assertNever(command);
  }
}

function decideSend(id: string, state: Conversation, command: SendMessage): Decision {
  const { clientId, from, to, msg, now, prior } = command;
  if (prior !== undefined) {
    if (prior.conversation === id && prior.sent.msg === msg) return { kind: 'duplicate', prior };
    return {
      kind: 'refused',
      code: 'IDEMPOTENCY_CONFLICT',
      reason: `id ${clientId} was used before with another msg or addressee`,
    };
  }
  const data: MessageSent = { clientId, seq: state.lastSeq + 1, from, to, msg, sendDate: now };
  return { kind: 'accepted', event: { type: 'MessageSent', data } };
}

function decideRead(state: Conversation, command: MarkRead): Decision {
  const { reader, seq, readSeq, now } = command;
  if (state.lastSeq === 0) {
    return { kind: 'refused', code: 'CONVERSATION_NOT_FOUND', reason: 'conversation not found' };
  }
  if (seq > state.lastSeq) {
    return {
      kind: 'refused',
      code: 'SEQ_OUT_OF_RANGE',
      reason: `seq ${seq} is beyond the last seq ${state.lastSeq}`,
    };
  }
  if (seq <= readSeq) return { kind: 'unchanged' };
  return { kind: 'accepted', event: { type: 'MessagesRead', data: { reader, after: readSeq, seq, readDate: now } } };
}
