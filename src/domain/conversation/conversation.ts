import { Watermarks } from './watermarks.ts';

/** What must be known of a conversation to decide: its end, never its past. */
export interface Conversation {
  /** Seq of the newest message, 0 where there is none. */
  readonly lastSeq: number;
  /** Read watermarks known here. A user who has none here may have one all the same: an older event says it. */
  readonly readSeq: Watermarks;
}

export const emptyConversation: Conversation = { lastSeq: 0, readSeq: Watermarks.none };

/** Why a conversation says no. Each is a code of the wire too: whoever tells a client is held to that by the compiler. */
export type RefusalCode = 'IDEMPOTENCY_CONFLICT' | 'CONVERSATION_NOT_FOUND' | 'SEQ_OUT_OF_RANGE' | 'BLOCKED';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly reason: string;
}

/**
 * What a command comes to. The rules of each command are pure: the same command on the same state gives the same
 * decision. Everything that is not a rule comes in with the command: time, who the users are, what was said before.
 */
export type Decision<Event> =
  { readonly kind: 'accepted'; readonly event: Event } | { readonly kind: 'unchanged' } | Refusal;

export const conversationNotFound: Refusal = {
  kind: 'refused',
  code: 'CONVERSATION_NOT_FOUND',
  reason: 'conversation not found',
};

/** For commands on a conversation that must be there: refuses them where nobody has written yet. */
export function refuseUnlessBegun({ lastSeq }: Conversation): Refusal | undefined {
  return lastSeq === 0 ? conversationNotFound : undefined;
}
