import { z } from 'zod';
import { messageTextSchema } from '../domain/conversation/message-text.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import { userIdSchema } from '../domain/user/user.ts';
import type { UserRef } from '../domain/user/user.ts';
import { allErrorCodes, errorCodes } from './error-codes.ts';
import type { ErrorCode } from './error-codes.ts';
import { eventFrames } from './event-frames.ts';
import type { EventPlace } from './event-frames.ts';
import { messageId } from '../domain/conversation/conversation-id.ts';
import { messageSchema } from './message.ts';
import type { Message } from './message.ts';

/** The original system had numbers for user ids, and its page compares them as such. */
export function originalId(id: string): string | number {
  const number = Number(id);
  return /^[0-9]+$/.test(id) && Number.isSafeInteger(number) && String(number) === id ? number : id;
}

export const originalIdSchema = z.union([z.string(), z.number()]).describe('A number where the id is one');

const originalUserSchema = z.object({ id: originalIdSchema, username: z.string() });

/** A Message as clients of the original system get it. */
export const originalMessageSchema = z.object({
  ...messageSchema.shape,
  from: originalUserSchema.describe('The sender'),
  to: originalUserSchema.nullable().describe('The addressee'),
});

export type OriginalMessage = z.infer<typeof originalMessageSchema>;

/** Its page sends whatever was typed, a number too: the text of it counts. */
const anyTextSchema = z
  .preprocess((msg) => (msg === undefined || typeof msg === 'string' ? msg : JSON.stringify(msg)), messageTextSchema)
  .describe('The text; anything but a text counts as its JSON');

const errorExample = {
  type: 'error',
  code: 'USER_NOT_FOUND',
  message: 'addressee 1009 is not registered',
  temporary: false,
  id: 'error-1764000000000',
  from: { id: 1001, username: '1001' },
  to: { id: 1001, username: '1001' },
  msg: 'addressee 1009 is not registered',
  status: 2,
  sendDate: 1_764_000_000_000,
  readDate: 1_764_000_000_000,
} as const;

/** The frames of the original system's socket, `/ws/{uid}`. */
export const originalFrames = {
  originalSend: {
    schema: z.object({ toId: userIdSchema.describe('Addressee'), msg: anyTextSchema }),
    summary: 'A message to a user',
    example: { toId: 1002, msg: 'hello' },
  },
  originalMessage: {
    schema: originalMessageSchema,
    summary: 'A message to this user. Delivered here, it counts as read',
    example: withoutFrame(eventFrames.MessageSent.example),
  },
  originalError: {
    schema: z.object({
      type: z.literal('error'),
      code: z.enum(allErrorCodes),
      message: z.string().describe('What is wrong, in words'),
      temporary: z.boolean(),
      id: z.string(),
      from: originalUserSchema.describe('The sender itself'),
      to: originalUserSchema.describe('The sender itself'),
      msg: z.string().describe('What is wrong, in words'),
      status: z.literal(2),
      sendDate: z.int(),
      readDate: z.int(),
    }),
    summary: 'A frame was refused. With the fields of a Message, as the original page shows whatever comes',
    example: errorExample,
  },
} as const;

export type OriginalFrame = z.infer<(typeof originalFrames)['originalSend']['schema']>;

/** A Message as clients of the original system get it: alone, with numbers for ids that are numbers. */
export function toOriginalMessage<M extends Pick<Message, 'from' | 'to'>>(message: M) {
  return {
    ...message,
    from: toOriginalUser(message.from),
    to: message.to === null ? null : toOriginalUser(message.to),
  };
}

function toOriginalUser({ id, username }: UserRef) {
  return { id: originalId(id), username };
}

/** A new message as sockets of the original system get it. */
export function originalMessage({ conversation, revision }: EventPlace, sent: MessageSent): string {
  const { clientId, seq, from, to, msg, sendDate } = sent;
  const message = { id: messageId(conversation, seq), clientId, conversation, seq, revision, from, to, msg };
  return JSON.stringify(toOriginalMessage({ ...message, status: 1, sendDate, readDate: null } satisfies Message));
}

/** Why a frame of this user was refused. */
export function originalErrorFrame(user: string, code: ErrorCode, message: string): string {
  const now = Date.now();
  const self = toOriginalUser({ id: user, username: user });
  return JSON.stringify({
    type: 'error',
    code,
    message,
    temporary: errorCodes[code].temporary,
    id: `error-${now}`,
    from: self,
    to: self,
    msg: message,
    status: 2,
    sendDate: now,
    readDate: now,
  } satisfies z.infer<(typeof originalFrames)['originalError']['schema']>);
}

function withoutFrame({ type: _type, cursor: _cursor, ...message }: typeof eventFrames.MessageSent.example) {
  return toOriginalMessage(message);
}
