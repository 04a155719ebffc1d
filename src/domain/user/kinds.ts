import { upcast } from '../event-kind.ts';
import type { EventOf } from '../event-kind.ts';
import { sessionsEnded } from './kinds/sessions-ended.ts';
import { userBlocked } from './kinds/user-blocked.ts';
import { userChanged } from './kinds/user-changed.ts';
import type { UserKind } from './kinds/user-kind.ts';
import { userRegistered } from './kinds/user-registered.ts';
import { userUnblocked } from './kinds/user-unblocked.ts';
import type { UserState } from './user-state.ts';

/** Every kind of event of a user, by name. */
export const userKinds = {
  UserRegistered: userRegistered,
  UserChanged: userChanged,
  UserBlocked: userBlocked,
  UserUnblocked: userUnblocked,
  SessionsEnded: sessionsEnded,
} as const;

export type UserEventType = keyof typeof userKinds;
export type UserEvent = EventOf<typeof userKinds>;

/** What is known of the event's kind; the event holds kind and payload together, which the compiler cannot see. */
function kindOf({ type }: Pick<UserEvent, 'type'>): UserKind<UserEventType, unknown> {
  return userKinds[type];
}

function isUserEventType(type: string): type is UserEventType {
  return Object.hasOwn(userKinds, type);
}

/**
 * A stored event of a user in its current shape; undefined for a kind that this program does not know. Throws where the
 * payload is not what its version promises.
 */
export function readUserEvent(type: string, schemaVersion: number, data: unknown): UserEvent | undefined {
  if (!isUserEventType(type)) return undefined;
  return { type, data: upcast(kindOf({ type }), schemaVersion, data) } as UserEvent;
}

/** The user after an event; undefined while nobody is registered. */
export function evolveUser(state: UserState | undefined, event: UserEvent): UserState | undefined {
  return kindOf(event).evolve(state, event.data);
}
