import type { UserEvent } from './kinds.ts';
import type { User } from './user.ts';
import type { UserState } from './user-state.ts';

/** What becomes of a command on a user: an event, nothing, or a refusal. */
export type UserDecision =
  | { readonly kind: 'accepted'; readonly event: UserEvent }
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'refused';
      readonly code: 'USER_EXISTS' | 'USER_NOT_FOUND' | 'BAD_FRAME';
      readonly reason: string;
    };

const unchanged = { kind: 'unchanged' } as const;

function accept(event: UserEvent): UserDecision {
  return { kind: 'accepted', event };
}

function unknownUser(id: string): UserDecision {
  return { kind: 'refused', code: 'USER_NOT_FOUND', reason: `user ${id} is not registered` };
}

/** A registration. The same user again changes nothing; another one under a taken id is refused. */
export function decideRegister({ id, username, avatar }: User, state: UserState | undefined): UserDecision {
  if (state === undefined) return accept({ type: 'UserRegistered', data: { id, username, avatar } });
  if (state.username === username && state.avatar === avatar) return unchanged;
  return { kind: 'refused', code: 'USER_EXISTS', reason: `user ${id} exists with another username or avatar` };
}

/** What a user wants to be called and shown as from now on; what is not said stays. */
export interface ProfileChange {
  readonly username?: string | undefined;
  readonly avatar?: string | null | undefined;
}

export function decideChange(id: string, change: ProfileChange, state: UserState | undefined): UserDecision {
  if (state === undefined) return unknownUser(id);
  const { username = state.username, avatar = state.avatar } = change;
  if (username === state.username && avatar === state.avatar) return unchanged;
  return accept({ type: 'UserChanged', data: { id, username, avatar } });
}

/** A block, or its end. Nobody blocks oneself. */
export interface BlockChange {
  readonly user: string;
  readonly on: boolean;
  readonly date: number;
}

/** Most users whom one may block: the list is read as a whole. */
const maxBlocked = 10_000;

export function decideBlock(id: string, { user, on, date }: BlockChange, state: UserState | undefined): UserDecision {
  if (state === undefined) return unknownUser(id);
  if (state.blocked.has(user) === on) return unchanged;
  if (user === id) return { kind: 'refused', code: 'BAD_FRAME', reason: 'nobody blocks oneself' };
  if (on && state.blocked.size >= maxBlocked) {
    return { kind: 'refused', code: 'BAD_FRAME', reason: `at most ${maxBlocked} users can be blocked` };
  }
  return accept({ type: on ? 'UserBlocked' : 'UserUnblocked', data: { id, blocked: user, date } });
}

export function decideEndSessions(id: string, date: number, state: UserState | undefined): UserDecision {
  return state === undefined ? unknownUser(id) : accept({ type: 'SessionsEnded', data: { id, date } });
}
