import { z } from 'zod';
import { clientIdSchema, messageTextSchema } from '../domain/conversation/message-text.ts';
import { userIdSchema, usernameSchema } from '../domain/user/user.ts';

/** Longest frame a client may send, in bytes. */
export const maxFrameBytes = 64 * 1024;

const conversationIdSchema = z.string().min(1, 'must not be empty').max(160, 'must be at most 160 characters');

const seqSchema = z.int('must be a whole number').min(1, 'must be at least 1');

export const helloSchema = z.object({
  type: z.literal('hello'),
  /** Auth mode none. */
  user: userIdSchema.optional(),
  /** Auth mode jwt. */
  token: z.string().max(16_384).optional(),
  username: usernameSchema.optional(),
  device: z.string().max(128, 'must be at most 128 characters').optional(),
  cursor: z.string().max(256, 'must be at most 256 characters').optional(),
});

export const sendSchema = z
  .object({
    type: z.literal('send'),
    id: clientIdSchema,
    to: userIdSchema.optional(),
    conversation: conversationIdSchema.optional(),
    msg: messageTextSchema,
  })
  .refine(({ to, conversation }) => (to === undefined) !== (conversation === undefined), {
    message: 'exactly one of to and conversation must be given',
    path: ['to'],
  });

export const readSchema = z.object({
  type: z.literal('read'),
  conversation: conversationIdSchema,
  seq: seqSchema,
  id: clientIdSchema.optional(),
});

export const typingSchema = z.object({
  type: z.literal('typing'),
  conversation: conversationIdSchema,
  on: z.boolean(),
});

export const pingSchema = z.object({ type: z.literal('ping') });

/** Every frame of a client on `/v1/ws`. */
export const clientFrameSchema = z.discriminatedUnion(
  'type',
  [sendSchema, readSchema, helloSchema, typingSchema, pingSchema],
  { error: 'must be an object with a type: hello, send, read, typing or ping' },
);

export type ClientFrame = z.infer<typeof clientFrameSchema>;
export type Hello = z.infer<typeof helloSchema>;

/** A frame of the original system's clients on `/ws/{uid}`. */
export const originalFrameSchema = z.object({ toId: userIdSchema, msg: messageTextSchema });

export type OriginalFrame = z.infer<typeof originalFrameSchema>;

export type ParsedFrame<T> =
  | { readonly ok: true; readonly frame: T }
  | { readonly ok: false; readonly id: string | undefined; readonly reason: string };

/** A frame as sent; where it is no good, the reason names the field, and the id is echoed if there was one. */
export function parseFrame<T>(schema: z.ZodType<T>, text: string): ParsedFrame<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, id: undefined, reason: 'the frame is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, frame: parsed.data };
  return { ok: false, id: idOf(json), reason: reasonOf(parsed.error) };
}

function idOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || !('id' in json)) return undefined;
  return typeof json.id === 'string' && json.id.length <= 64 ? json.id : undefined;
}

function reasonOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'the frame is not valid';
  if (issue.path.length === 0) return `the frame is not valid: ${issue.message}`;
  return `${issue.path.join('.')}: ${issue.message}`;
}
