import { readerOf } from '../event-kind.ts';
import { userRegistered } from './kinds/user-registered.ts';

/** Every kind of event of a user, by name. */
export const userKinds = { UserRegistered: userRegistered } as const;

export type UserEventType = keyof typeof userKinds;

/** A stored event of a user. */
export const readUserEvent = readerOf(userKinds);
