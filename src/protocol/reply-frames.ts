import { z } from 'zod';
import { allErrorCodes, errorCodes } from './error-codes.ts';
import type { ErrorCode } from './error-codes.ts';
import { conversationSchema, revisionSchema, seqSchema, timeSchema } from './message.ts';
import { cursorSchema } from './wire-position.ts';

const echoedId = z.string().describe('The id of the frame that is answered');

/** What a socket of `/v1/ws` is answered: `welcome`, acks, errors, pongs. */
export const replyFrames = {
  welcome: {
    schema: z.object({
      type: z.literal('welcome'),
      session: z.string().describe('Names this connection in the server’s log'),
      user: z.string().describe('User id'),
      cursor: cursorSchema.describe('Live frames begin after this place'),
      recovered: z
        .boolean()
        .describe('True only if everything since the cursor given in hello follows: never in this version'),
      serverTime: timeSchema,
    }),
    summary: 'Answers `hello`',
    example: {
      type: 'welcome',
      session: 'q1Zr0A2b-1',
      user: '1001',
      cursor: 'k1pXo0r5Z3yB7mQe2vT9Ag',
      recovered: false,
      serverTime: 1_764_000_000_000,
    },
  },
  sendAck: {
    schema: z.object({
      type: z.literal('ack'),
      id: echoedId,
      message: z.string().describe('Message id'),
      conversation: conversationSchema,
      seq: seqSchema,
      revision: revisionSchema,
      sendDate: timeSchema,
      duplicate: z.boolean().describe('True where this was stored before: every value is then the first one’s'),
    }),
    summary: 'The message of a `send` is durable',
    example: {
      type: 'ack',
      id: '0192f0c1-7d4e-7cc0-8a37-2f6c6f1b2a01',
      message: 'dm~1001~1002:1',
      conversation: 'dm~1001~1002',
      seq: 1,
      revision: 0,
      sendDate: 1_764_000_000_100,
      duplicate: false,
    },
  },
  readAck: {
    schema: z.object({
      type: z.literal('ack'),
      id: echoedId.optional(),
      conversation: conversationSchema,
      seq: z.int().positive().describe('How far the reader has read now'),
    }),
    summary: 'The mark of a `read` is durable',
    example: { type: 'ack', id: 'r-1', conversation: 'dm~1001~1002', seq: 1 },
  },
  error: {
    schema: z.object({
      type: z.literal('error'),
      id: echoedId.optional(),
      code: z.enum(allErrorCodes).describe('What kind of refusal'),
      message: z.string().describe('What is wrong, in words'),
      temporary: z.boolean().describe('True: the very same frame may succeed later'),
    }),
    summary: 'A frame was refused',
    example: {
      type: 'error',
      id: 'm-2',
      code: 'USER_NOT_FOUND',
      message: 'user 1009 is not registered',
      temporary: false,
    },
  },
  pong: {
    schema: z.object({ type: z.literal('pong'), serverTime: timeSchema }),
    summary: 'Answers `ping`',
    example: { type: 'pong', serverTime: 1_764_000_000_000 },
  },
} as const;

type Reply<Name extends keyof typeof replyFrames> = Omit<z.infer<(typeof replyFrames)[Name]['schema']>, 'type'>;

export function welcomeFrame({ session, user, cursor, recovered, serverTime }: Reply<'welcome'>): string {
  return JSON.stringify({ type: 'welcome', session, user, cursor, recovered, serverTime });
}

/** By hand, as messages are and for the same reason (message.ts). */
export function sendAckFrame(id: string, outcome: Omit<Reply<'sendAck'>, 'id'>): string {
  const { message, conversation, seq, revision, sendDate, duplicate } = outcome;
  return (
    `{"type":"ack","id":"${id}","message":"${message}","conversation":"${conversation}",` +
    `"seq":${seq},"revision":${revision},"sendDate":${sendDate},"duplicate":${duplicate}}`
  );
}

export function readAckFrame(id: string | undefined, conversation: string, seq: number): string {
  return JSON.stringify({ type: 'ack', id, conversation, seq });
}

export function errorFrame(id: string | undefined, code: ErrorCode, message: string): string {
  return JSON.stringify({ type: 'error', id, code, message, temporary: errorCodes[code].temporary });
}

export function pongFrame(serverTime: number): string {
  return JSON.stringify({ type: 'pong', serverTime });
}
