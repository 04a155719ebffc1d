import { z } from 'zod';
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
