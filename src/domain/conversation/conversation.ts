import { Watermarks } from './watermarks.ts';

/** What must be known of a conversation to decide: its end, never its past. */
export interface Conversation {
  /** Seq of the newest message, 0 where there is none. */
  readonly lastSeq: number;
  /** Read watermarks known here. A user who has none here may have one all the same: an older event says it. */
  readonly readSeq: Watermarks;
}

export const emptyConversation: Conversation = { lastSeq: 0, readSeq: Watermarks.none };
