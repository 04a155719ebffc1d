import { z } from 'zod';
import { messageTextSchema } from '../domain/conversation/message-text.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import { userIdSchema } from '../domain/user/user.ts';
import { eventFrames } from './event-frames.ts';
import type { EventPlace } from './event-frames.ts';
import { messageFields } from './message.ts';
import { messageSchema } from './message.ts';

/** The frames of the original system's socket, `/ws/{uid}`; a refusal is an `error` frame as on `/v1/ws`. */
export const originalFrames = {
  originalSend: {
    schema: z.object({ toId: userIdSchema.describe('Addressee'), msg: messageTextSchema.describe('The text') }),
    summary: 'A message to a user',
    example: { toId: 1002, msg: 'hello' },
  },
  originalMessage: {
    schema: z.object(messageSchema.shape),
    summary: 'A message to this user. Delivered here, it counts as read',
    example: withoutFrame(eventFrames.MessageSent.example),
  },
} as const;

export type OriginalFrame = z.infer<(typeof originalFrames)['originalSend']['schema']>;

/** A new message as sockets of the original system get it: the Message alone. */
export function originalMessage(place: EventPlace, sent: MessageSent): string {
  return `{${messageFields(place, sent)}}`;
}

function withoutFrame({ type: _type, cursor: _cursor, ...message }: typeof eventFrames.MessageSent.example) {
  return message;
}
