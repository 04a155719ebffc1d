import type { User } from './user.ts';

/** What a user's stream says. */
export interface UserState extends User {
  /** Users whom this one has blocked, each since when in epoch milliseconds, in the order of their blocking. */
  readonly blocked: ReadonlyMap<string, number>;
  /** Tokens made up to then are no good any more, epoch milliseconds; 0: none were ended. */
  readonly sessionsEnded: number;
}
