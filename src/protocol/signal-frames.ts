import { z } from 'zod';
import { conversationSchema, timeSchema } from './message.ts';
import { cursorSchema } from './wire-position.ts';

const userSchema = z.string().describe('User id');

/** What sockets of `/v1/ws` get that is no answer and no event of a conversation. */
export const signalFrames = {
  live: {
    schema: z.object({ type: z.literal('live'), cursor: cursorSchema.describe('Everything up to here was sent') }),
    summary: 'Everything that was missed has been sent: what follows is live. After every `welcome`',
    example: { type: 'live', cursor: 'k1pXo0r5Z3yB7mQe2vT9Ag' },
  },
  reset: {
    schema: z.object({
      type: z.literal('reset'),
      conversations: z.array(conversationSchema).describe('Fetch the newest page of each over REST'),
    }),
    summary: 'Conversations in which too much was missed to be replayed. Before `live`; all others are replayed',
    example: { type: 'reset', conversations: ['dm~1001~1002'] },
  },
  typing: {
    schema: z.object({
      type: z.literal('typing'),
      conversation: conversationSchema,
      user: userSchema,
      on: z.boolean().describe('False, or nothing for 8 s: the user has stopped'),
    }),
    summary: 'Somebody types, or has stopped. Never stored, never replayed',
    example: { type: 'typing', conversation: 'dm~1001~1002', user: '1002', on: true },
  },
  presence: {
    schema: z.object({
      type: z.literal('presence'),
      users: z.array(
        z.object({
          user: userSchema,
          online: z.boolean().describe('Whether any socket of the user is open, on any gateway'),
          lastSeen: timeSchema.nullable().describe('When the last one closed; null where that is not known'),
        }),
      ),
    }),
    summary:
      'Who is there of those who share a conversation with the user: all once after each `welcome`, then changes',
    example: { type: 'presence', users: [{ user: '1002', online: true, lastSeen: null }] },
  },
} as const;

type Signal<Name extends keyof typeof signalFrames> = Omit<z.infer<(typeof signalFrames)[Name]['schema']>, 'type'>;

export function liveFrame(cursor: string): string {
  return `{"type":"live","cursor":"${cursor}"}`;
}

export function resetFrame(conversations: readonly string[]): string {
  return JSON.stringify({ type: 'reset', conversations });
}

export function typingFrame({ conversation, user, on }: Signal<'typing'>): string {
  return JSON.stringify({ type: 'typing', conversation, user, on });
}

export function presenceFrame(users: Readonly<Signal<'presence'>['users']>): string {
  return JSON.stringify({ type: 'presence', users });
}
