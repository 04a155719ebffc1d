import { z } from 'zod';
import { clientIdSchema, messageTextSchema } from '../domain/conversation/message-text.ts';
import { userIdSchema, usernameSchema } from '../domain/user/user.ts';
import { helloMs, maxConversationIdLength, maxCursorLength, maxDeviceLength, maxTokenLength } from './limits.ts';

const atMost = (length: number): string => `must be at most ${length} characters`;

const conversation = z
  .string()
  .min(1, 'must not be empty')
  .max(maxConversationIdLength, atMost(maxConversationIdLength))
  .describe('Conversation id');

const msg = messageTextSchema.describe('The text: 1 to 8,192 bytes of UTF-8');

const helloSchema = z.object({
  type: z.literal('hello'),
  user: userIdSchema.describe('User id; auth mode none').optional(),
  token: z.string().max(maxTokenLength).describe('A JWT; auth mode jwt').optional(),
  username: usernameSchema
    .describe('Name to register an unknown user with; auth mode none. Default: the user id')
    .optional(),
  device: z
    .string()
    .max(maxDeviceLength, atMost(maxDeviceLength))
    .describe('Any name of the device; not used in this version')
    .optional(),
  cursor: z
    .string()
    .max(maxCursorLength, atMost(maxCursorLength))
    .describe('The last cursor seen; its form is checked, nothing is replayed in this version')
    .optional(),
});

const sendSchema = z
  .object({
    type: z.literal('send'),
    id: clientIdSchema.describe('Client message id: unique per sender for ever, a UUIDv7 by habit'),
    to: userIdSchema.describe('Addressee; or else conversation').optional(),
    conversation: conversation.optional(),
    msg,
  })
  .refine(({ to, conversation }) => (to === undefined) !== (conversation === undefined), {
    message: 'exactly one of to and conversation must be given',
    path: ['to'],
  });

const readSchema = z.object({
  type: z.literal('read'),
  conversation,
  seq: z.int('must be a whole number').min(1, 'must be at least 1').describe('Everything up to this seq is read'),
  id: clientIdSchema.describe('Echoed in the answer').optional(),
});

const typingSchema = z.object({
  type: z.literal('typing'),
  conversation,
  on: z.boolean().describe('True while the user types'),
});

const pingSchema = z.object({ type: z.literal('ping') });

/** What a client may send on `/v1/ws`. Whoever handles frames is held to this list by the compiler. */
export const clientFrames = [
  {
    type: 'hello',
    schema: helloSchema,
    summary: `Who is there. The first frame, within ${helloMs / 1_000} s`,
    answer: '`welcome` or `error`',
    example: { type: 'hello', user: '1001', username: 'zhangsan' },
  },
  {
    type: 'send',
    schema: sendSchema,
    summary: 'A message, to a user or into a conversation. Send it again, with the same id, until it is answered',
    answer: '`ack` once it is durable, or `error`',
    example: { type: 'send', id: '0192f0c1-7d4e-7cc0-8a37-2f6c6f1b2a01', to: '1002', msg: 'hello' },
  },
  {
    type: 'read',
    schema: readSchema,
    summary: 'Everything up to `seq` is read. A lower one than before changes nothing',
    answer: '`ack` once it is durable, or `error`',
    example: { type: 'read', id: 'r-1', conversation: 'dm~1001~1002', seq: 1 },
  },
  {
    type: 'typing',
    schema: typingSchema,
    summary: 'Accepted, not passed on in this version',
    answer: 'none',
    example: { type: 'typing', conversation: 'dm~1001~1002', on: true },
  },
  {
    type: 'ping',
    schema: pingSchema,
    summary: 'Asks for a sign of life',
    answer: '`pong`',
    example: { type: 'ping' },
  },
] as const;

type ClientFrameSchema = (typeof clientFrames)[number]['schema'];

/** A frame of a client on `/v1/ws`. */
export type ClientFrame = z.infer<ClientFrameSchema>;
export type ClientFrameType = ClientFrame['type'];
/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrameType> = Extract<ClientFrame, { readonly type: Type }>;

const types: string[] = clientFrames.map(({ type }) => type);

/** Every frame of a client on `/v1/ws`. */
export const clientFrameSchema = z.discriminatedUnion(
  'type',
  clientFrames.map(({ schema }) => schema) as [ClientFrameSchema, ...ClientFrameSchema[]],
  { error: `must be an object with a type: ${types.slice(0, -1).join(', ')} or ${types.slice(-1).join('')}` },
);
