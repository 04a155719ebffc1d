import { z } from 'zod';
import { commandFrames, echoedId } from './command-frames.ts';
import type { CommandType } from './command-frames.ts';
import { allErrorCodes, errorCodes } from './error-codes.ts';
import type { ErrorCode } from './error-codes.ts';
import { timeSchema } from './message.ts';
import { cursorSchema } from './wire-position.ts';

type Acks = { readonly [Type in CommandType as `${Type}Ack`]: (typeof commandFrames)[Type]['ack'] };

const acks = Object.fromEntries(Object.entries(commandFrames).map(([type, { ack }]) => [`${type}Ack`, ack])) as Acks;

/** What a socket of `/v1/ws` is answered: `welcome`, acks, errors, pongs. */
export const replyFrames = {
  welcome: {
    schema: z.object({
      type: z.literal('welcome'),
      session: z.string().describe('Names this connection in the server’s log'),
      user: z.string().describe('User id'),
      cursor: cursorSchema.describe('What follows begins after this place'),
      recovered: z.boolean().describe('True only if everything since the cursor given in hello follows'),
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
  ...acks,
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

export function errorFrame(id: string | undefined, code: ErrorCode, message: string): string {
  return JSON.stringify({ type: 'error', id, code, message, temporary: errorCodes[code].temporary });
}

export function pongFrame(serverTime: number): string {
  return JSON.stringify({ type: 'pong', serverTime });
}
