import { z } from 'zod';
import { messageId } from '../domain/conversation/conversation-id.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { UserRef } from '../domain/user/user.ts';

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

interface Place {
  readonly conversation: string;
  readonly revision: number;
}

/**
 * The fields of a new Message as JSON, without the braces. Messages are most of what a gateway writes, so they are put
 * together by hand: ids consist of characters that JSON takes as they are, and only what people write goes through
 * `JSON.stringify`. Half the time, the same text.
 */
export function messageFields(place: Place, sent: MessageSent): string {
  const { conversation, revision } = place;
  const { clientId, seq, from, to, msg, sendDate } = sent;
  return (
    `"id":"${messageId(conversation, seq)}","clientId":"${clientId}","conversation":"${conversation}",` +
    `"seq":${seq},"revision":${revision},"from":${userJson(from)},"to":${to === null ? 'null' : userJson(to)},` +
    `"msg":${JSON.stringify(msg)},"status":1,"sendDate":${sendDate},"readDate":null`
  );
}

function userJson({ id, username }: UserRef): string {
  return `{"id":"${id}","username":${JSON.stringify(username)}}`;
}
