import { z } from 'zod';
import type { UserRef } from '../../user/user.ts';
import type { Conversation, Decision } from '../conversation.ts';
import type { RecordedMessage } from '../recorded-message.ts';
import { conversationKind } from './conversation-kind.ts';

const userRefSchema = z.object({ id: z.string(), username: z.string() });

const schema = z.object({
  clientId: z.string(),
  seq: z.int().positive(),
  from: userRefSchema,
  /** The addressee; null in a group. */
  to: userRefSchema.nullable(),
  msg: z.string(),
  /** Epoch milliseconds. */
  sendDate: z.int(),
});

export type MessageSent = z.infer<typeof schema>;

/** Somebody wrote a message. */
export const messageSent = conversationKind({
  type: 'MessageSent',
  schemaVersion: 1,
  schema,
  upcasters: {},
  /** A sender's client message id is used once. */
  identity: (conversation, { from, clientId }) => `${conversation} ${from.id} ${clientId}`,
  evolve: (state, { seq }) => (seq > state.lastSeq ? { ...state, lastSeq: seq } : state),
  concerns: ({ from, to }) => (to === null ? [from.id] : [from.id, to.id]),
});

export interface SendMessage {
  readonly conversation: string;
  readonly clientId: string;
  readonly from: UserRef;
  /** The addressee; null in a group. */
  readonly to: UserRef | null;
  /** One of the two wants to hear nothing of the other. */
  readonly blocked: boolean;
  readonly msg: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the sender sent before under the same client message id, wherever that was. */
  readonly prior: RecordedMessage | undefined;
}

export type SendDecision =
  | Decision<{ readonly type: 'MessageSent'; readonly data: MessageSent }>
  /** It was sent before: nothing is to be done, the first outcome stands. */
  | { readonly kind: 'duplicate'; readonly prior: RecordedMessage };

/** A client message id stands for one message for ever. */
export function decideSend(state: Conversation, command: SendMessage): SendDecision {
  const { conversation, clientId, from, to, msg, now, prior } = command;
  if (prior === undefined) {
    if (command.blocked) return { kind: 'refused', code: 'BLOCKED', reason: 'one of the two has blocked the other' };
    const data = { clientId, seq: state.lastSeq + 1, from, to, msg, sendDate: now };
    return { kind: 'accepted', event: { type: 'MessageSent', data } };
  }
  if (prior.conversation === conversation && prior.sent.msg === msg) return { kind: 'duplicate', prior };
  const reason = `id ${clientId} was used before with another msg or addressee`;
  return { kind: 'refused', code: 'IDEMPOTENCY_CONFLICT', reason };
}
