import type { EventKind } from '../../event-kind.ts';
import type { UserState } from '../user-state.ts';

/** A kind of event of users: one file a kind, one list of them (kinds.ts). */
export interface UserKind<Type extends string, Data> extends EventKind<Type, Data> {
  /** The state after the event; undefined before the first one. Never refuses: an event is a fact. */
  evolve(state: UserState | undefined, data: Data): UserState | undefined;
}
