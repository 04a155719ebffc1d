import { z } from 'zod';
import { errorCodes } from '../shared/errors.ts';

/**
 * What a gateway sends on `/v1/ws`. Frames are written by encode.ts; these schemas describe them in the AsyncAPI
 * document, and the tests hold every frame that is sent to them.
 */

const userRef = z.object({ id: z.string(), username: z.string() });
const epochMs = z.int().describe('epoch milliseconds');
const cursor = z.string().max(256).describe('opaque: give the last one seen in hello');
const seq = z.int().positive().describe('1, 2, 3 … per conversation; counts messages only, no gaps');
const revision = z.int().nonnegative().describe('place of the event in its conversation; counts every event, no gaps');

const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[];

export const messageShape = {
  id: z.string().describe('message id; opaque'),
  clientId: z.string().describe('client message id, chosen by the sender'),
  conversation: z.string(),
  seq,
  revision,
  from: userRef,
  to: userRef.nullable().describe('the addressee; null in a group'),
  msg: z.string(),
  status: z.union([z.literal(1), z.literal(2)]).describe('1 unread, 2 read by the addressee'),
  sendDate: epochMs,
  readDate: epochMs.nullable(),
};

export const serverFrameSchemas = {
  welcome: z.object({
    type: z.literal('welcome'),
    session: z.string(),
    user: z.string(),
    cursor,
    recovered: z.boolean().describe('true only if everything since the given cursor follows'),
    serverTime: epochMs,
  }),
  sendAck: z.object({
    type: z.literal('ack'),
    id: z.string(),
    message: z.string().describe('message id'),
    conversation: z.string(),
    seq,
    revision,
    sendDate: epochMs,
    duplicate: z.boolean().describe('true where this was stored before: the values are then the first one\u2019s'),
  }),
  readAck: z.object({
    type: z.literal('ack'),
    id: z.string().optional(),
    conversation: z.string(),
    seq: seq.describe('the reader\u2019s watermark now'),
  }),
  error: z.object({
    type: z.literal('error'),
    id: z.string().optional(),
    code: z.enum(codes),
    message: z.string(),
    temporary: z.boolean().describe('true: the same frame may succeed later'),
  }),
  message: z.object({ type: z.literal('message'), ...messageShape, cursor }),
  read: z.object({
    type: z.literal('read'),
    conversation: z.string(),
    reader: z.string(),
    seq,
    readDate: epochMs,
    revision,
    cursor,
  }),
  pong: z.object({ type: z.literal('pong'), serverTime: epochMs }),
} as const;

/** What a socket of the original system gets: a Message, without a type and a cursor. */
export const originalMessageSchema = z.object(messageShape);
