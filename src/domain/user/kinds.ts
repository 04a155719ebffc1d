import { readerOf } from '../event-kind.ts';
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

/** A stored event of a user. */
export const readUserEvent = readerOf(userKinds);

/** The user after an event; undefined while nobody is registered. */
export function evolveUser(state: UserState | undefined, event: UserEvent): UserState | undefined {
  const kind: UserKind<UserEventType, unknown> = userKinds[event.type];
  return kind.evolve(state, event.data);
}
