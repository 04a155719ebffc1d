import { z } from 'zod';
import type { UserKind } from './user-kind.ts';

const schema = z.object({
  id: z.string(),
  /** Epoch milliseconds. */
  date: z.int(),
});

export type SessionsEnded = z.infer<typeof schema>;

/** An operator ended all sessions of the user: sockets are closed, and tokens made up to then are refused. */
export const sessionsEnded: UserKind<'SessionsEnded', SessionsEnded> = {
  type: 'SessionsEnded',
  schemaVersion: 1,
  schema,
  upcasters: {},
  evolve: (state, { date }) => state && { ...state, sessionsEnded: Math.max(state.sessionsEnded, date) },
};
