import { z } from 'zod';
import { userIdSchema, usernameSchema } from '../domain/user/user.ts';
import { commandFrames, givenConversation } from './command-frames.ts';
import { atMost, helloMs, maxCursorLength, maxDeviceLength, maxTokenLength } from './limits.ts';

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
    .describe('The last cursor seen, or any Weiliao-Position: what was missed since then follows')
    .optional(),
});

const typingSchema = z.object({
  type: z.literal('typing'),
  conversation: givenConversation,
  on: z.boolean().describe('True while the user types'),
});

const commands = Object.entries(commandFrames).map(
  ([type, frame]) =>
    ({ type, answer: '`ack` once it is durable, or `error`', replies: [`${type}Ack`], ...frame }) as const,
);

/**
 * What a client may send on `/v1/ws`. Whoever handles frames is held to this list by the compiler. `replies`: names of
 * the frames that answer, beside `error`.
 */
export const clientFrames = [
  {
    type: 'hello',
    schema: helloSchema,
    summary: `Who is there. The first frame, within ${helloMs / 1_000} s`,
    answer: '`welcome` or `error`',
    replies: ['welcome'],
    example: { type: 'hello', user: '1001', username: 'zhangsan' },
  },
  ...commands,
  {
    type: 'typing',
    schema: typingSchema,
    summary: 'Passed on to the other members, never stored. Said again each 4 s while the user types',
    answer: 'none',
    replies: [],
    example: { type: 'typing', conversation: 'dm~1001~1002', on: true },
  },
  {
    type: 'ping',
    schema: z.object({ type: z.literal('ping') }),
    summary: 'Asks for a sign of life',
    answer: '`pong`',
    replies: ['pong'],
    example: { type: 'ping' },
  },
] as const;

type ClientFrameSchema = (typeof clientFrames)[number]['schema'];

/** A frame of a client on `/v1/ws`. */
export type ClientFrame = z.infer<ClientFrameSchema>;

/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { readonly type: Type }>;

const types: string[] = clientFrames.map(({ type }) => type);

/** Every frame of a client on `/v1/ws`. */
export const clientFrameSchema = z.discriminatedUnion(
  'type',
  clientFrames.map(({ schema }) => schema) as [ClientFrameSchema, ...ClientFrameSchema[]],
  { error: `must be an object with a type: ${types.slice(0, -1).join(', ')} or ${types.slice(-1).join('')}` },
);
