import { z } from 'zod';
import type { UserKind } from './user-kind.ts';

const schema = z.object({
  /** Whose stream it is: the one who blocked. */
  id: z.string(),
  blocked: z.string(),
  /** Epoch milliseconds. */
  date: z.int(),
});

export type UserUnblocked = z.infer<typeof schema>;

/** A block is taken back. */
export const userUnblocked: UserKind<'UserUnblocked', UserUnblocked> = {
  type: 'UserUnblocked',
  schemaVersion: 1,
  schema,
  upcasters: {},
  evolve(state, { blocked }) {
    if (state === undefined || !state.blocked.has(blocked)) return state;
    return { ...state, blocked: new Map([...state.blocked].filter(([id]) => id !== blocked)) };
  },
};
