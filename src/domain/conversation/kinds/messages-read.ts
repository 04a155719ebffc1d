import { z } from 'zod';
import { refuseUnlessBegun } from '../conversation.ts';
import type { Conversation, Decision } from '../conversation.ts';
import { conversationKind } from './conversation-kind.ts';

const schema = z.object({
  reader: z.string(),
  /** The reader's watermark before this event: messages `after < seq' <= seq` became read by it. */
  after: z.int().nonnegative(),
  seq: z.int().positive(),
  /** Epoch milliseconds. */
  readDate: z.int(),
});

/** Somebody has read everything up to a message. */
export const messagesRead = conversationKind({
  type: 'MessagesRead',
  schemaVersion: 1,
  schema,
  upcasters: {},
  /** A watermark only grows, so each seq comes once at most. */
  identity: (conversation, { reader, seq }) => `${conversation} ${reader} read ${seq}`,
  evolve(state, { reader, seq }) {
    const known = state.readSeq.get(reader) ?? 0;
    return seq > known ? { ...state, readSeq: state.readSeq.moved(reader, seq) } : state;
  },
  concerns: ({ reader }) => [reader],
});

export interface MarkRead {
  readonly reader: string;
  readonly seq: number;
  /** The reader's watermark so far; 0 where nothing was read yet. */
  readonly readSeq: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type ReadDecision = Decision<{ readonly type: 'MessagesRead'; readonly data: z.infer<typeof schema> }>;

/** A watermark only grows, up to the newest message. */
export function decideRead(state: Conversation, { reader, seq, readSeq, now }: MarkRead): ReadDecision {
  const refusal = refuseUnlessBegun(state);
  if (refusal !== undefined) return refusal;
  if (seq > state.lastSeq) {
    const reason = `seq ${seq} is beyond the last seq ${state.lastSeq}`;
    return { kind: 'refused', code: 'SEQ_OUT_OF_RANGE', reason };
  }
  if (seq <= readSeq) return { kind: 'unchanged' };
  return { kind: 'accepted', event: { type: 'MessagesRead', data: { reader, after: readSeq, seq, readDate: now } } };
}
