import type { Conversation } from './conversation.ts';
import { refuseUnlessBegun } from './decision.ts';
import type { Decision } from './decision.ts';
import type { ConversationEventOf } from './kinds.ts';

export interface MarkRead {
  readonly reader: string;
  readonly seq: number;
  /** The reader's watermark so far; 0 where nothing was read yet. */
  readonly readSeq: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A watermark only grows, up to the newest message. */
export function decideRead(state: Conversation, command: MarkRead): Decision<ConversationEventOf<'MessagesRead'>> {
  const { reader, seq, readSeq, now } = command;
  const refusal = refuseUnlessBegun(state);
  if (refusal !== undefined) return refusal;
  if (seq > state.lastSeq) {
    const reason = `seq ${seq} is beyond the last seq ${state.lastSeq}`;
    return { kind: 'refused', code: 'SEQ_OUT_OF_RANGE', reason };
  }
  if (seq <= readSeq) return { kind: 'unchanged' };
  return { kind: 'accepted', event: { type: 'MessagesRead', data: { reader, after: readSeq, seq, readDate: now } } };
}
