import { z } from 'zod';
import type { UserKind } from './user-kind.ts';

const schema = z.object({
  /** Whose stream it is: the one who blocks. */
  id: z.string(),
  blocked: z.string(),
  /** Epoch milliseconds. */
  date: z.int(),
});

export type UserBlocked = z.infer<typeof schema>;

/** The user wants to hear nothing of another one. */
export const userBlocked: UserKind<'UserBlocked', UserBlocked> = {
  type: 'UserBlocked',
  schemaVersion: 1,
  schema,
  upcasters: {},
  evolve(state, { blocked, date }) {
    if (state === undefined || state.blocked.has(blocked)) return state;
    return { ...state, blocked: new Map(state.blocked).set(blocked, date) };
  },
};
