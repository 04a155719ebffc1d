import { z } from 'zod';
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
