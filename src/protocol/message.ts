import { z } from 'zod';

/* The Message of the wire: on sockets, in history, in the friend list and for the original system's clients. */

export const userRefSchema = z.object({ id: z.string(), username: z.string() });
export const conversationSchema = z.string().describe('Conversation id');
export const timeSchema = z.int().nonnegative().describe('Epoch milliseconds');
export const seqSchema = z.int().positive().describe('1, 2, 3 … per conversation; counts messages only, no gaps');
export const revisionSchema = z
  .int()
  .nonnegative()
  .describe('Place of the event in its conversation: 0, 1, 2 …; counts every event, no gaps');

export const messageSchema = z
  .object({
    id: z.string().describe('Message id; opaque, never reused'),
    clientId: z.string().describe('The client message id, chosen by the sender'),
    conversation: conversationSchema,
    seq: seqSchema,
    revision: revisionSchema,
    from: userRefSchema.describe('The sender, as named when the message was sent'),
    to: userRefSchema.nullable().describe('The addressee, as named then; null in a group'),
    msg: z.string().describe('The text'),
    status: z.literal([1, 2]).describe('1 unread, 2 read by the addressee; in a group: by the reader'),
    sendDate: timeSchema,
    readDate: timeSchema.nullable().describe('Epoch milliseconds; null while unread'),
  })
  .meta({ id: 'Message', description: 'A message' });

export type Message = z.infer<typeof messageSchema>;
