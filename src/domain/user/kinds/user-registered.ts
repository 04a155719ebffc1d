import { z } from 'zod';
import type { EventKind } from '../../event-kind.ts';

const schema = z.object({
  id: z.string(),
  username: z.string(),
  avatar: z.string().nullable(),
});

export type UserRegistered = z.infer<typeof schema>;

/** Revision 0 of `user-<id>`, written once; a user does not change afterwards. */
export const userRegistered: EventKind<'UserRegistered', UserRegistered> = {
  type: 'UserRegistered',
  schemaVersion: 1,
  schema,
  upcasters: {},
};
