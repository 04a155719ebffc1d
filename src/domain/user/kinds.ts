import { upcast } from '../event-kind.ts';
import type { EventKind, EventOf } from '../event-kind.ts';
import { userRegistered } from './kinds/user-registered.ts';

/** Every kind of event of a user, by name. */
export const userKinds = { UserRegistered: userRegistered } as const;

export type UserEventType = keyof typeof userKinds;
export type UserEvent = EventOf<typeof userKinds>;

function isUserEventType(type: string): type is UserEventType {
  return Object.hasOwn(userKinds, type);
}

/**
 * A stored event of a user in its current shape; undefined for a kind that this program does not know. Throws where the
 * payload is not what its version promises.
 */
export function readUserEvent(type: string, schemaVersion: number, data: unknown): UserEvent | undefined {
  if (!isUserEventType(type)) return undefined;
  const kind: EventKind<UserEventType, unknown> = userKinds[type];
  return { type, data: upcast(kind, schemaVersion, data) } as UserEvent;
}
