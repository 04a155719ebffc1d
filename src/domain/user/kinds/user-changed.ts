import { z } from 'zod';
import type { UserKind } from './user-kind.ts';

const schema = z.object({
  id: z.string(),
  username: z.string(),
  avatar: z.string().nullable(),
});

export type UserChanged = z.infer<typeof schema>;

/** The user has another name or picture; both as they are now, whichever of them changed. */
export const userChanged: UserKind<'UserChanged', UserChanged> = {
  type: 'UserChanged',
  schemaVersion: 1,
  schema,
  upcasters: {},
  evolve: (state, { username, avatar }) => (state === undefined ? undefined : { ...state, username, avatar }),
};
