import { z } from 'zod';
import type { UserKind } from './user-kind.ts';

const schema = z.object({
  id: z.string(),
  username: z.string(),
  avatar: z.string().nullable(),
});

export type UserRegistered = z.infer<typeof schema>;

/** One for all: nearly nobody blocks anybody, and there are many users in memory. */
const nobody: ReadonlyMap<string, number> = new Map();

/** Revision 0 of `user-<id>`, written once. */
export const userRegistered: UserKind<'UserRegistered', UserRegistered> = {
  type: 'UserRegistered',
  schemaVersion: 1,
  schema,
  upcasters: {},
  evolve: (state, { id, username, avatar }) => state ?? { id, username, avatar, blocked: nobody, sessionsEnded: 0 },
};
