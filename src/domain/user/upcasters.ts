import { upcast } from '../upcasters.ts';
import type { EventShape } from '../upcasters.ts';
import { userRegisteredSchema } from './user.ts';
import type { UserRegistered } from './user.ts';

const userRegistered: EventShape<UserRegistered> = { schemaVersion: 1, schema: userRegisteredSchema, upcasters: {} };

/** Current schema version of `UserRegistered`. */
export const userSchemaVersion = userRegistered.schemaVersion;

/** A stored event of a user in its current shape; undefined for a kind that this program does not know. */
export function readUserEvent(
  type: string,
  schemaVersion: number,
  data: unknown,
): { readonly type: 'UserRegistered'; readonly data: UserRegistered } | undefined {
  if (type !== 'UserRegistered') return undefined;
  return { type, data: upcast(type, userRegistered, schemaVersion, data) };
}
