/** What must be known of a conversation to decide: its end, never its past. */
export interface Conversation {
  /** Seq of the newest message, 0 where there is none. */
  readonly lastSeq: number;
  /** Read watermarks known here, by user. A user who is not in it has a watermark that is not known. */
  readonly readSeq: ReadonlyMap<string, number>;
}

export const emptyConversation: Conversation = { lastSeq: 0, readSeq: new Map() };
