import type { UserEvent, UserEventType } from '../../domain/user/kinds.ts';
import type { UserDocument } from '../../read-model/documents.ts';

/** Users that one batch registers or changes: the newest of each. */
export interface UserFold {
  readonly happened: (event: UserEvent, position: number) => void;
  readonly users: () => UserDocument[];
}

/** What each kind of event makes of the user's document; undefined: nothing of it is shown there. */
const effects: {
  readonly [Type in UserEventType]: ((data: Extract<UserEvent, { type: Type }>['data']) => Profile) | undefined;
} = {
  UserRegistered: (data) => data,
  UserChanged: (data) => data,
  // Blocks are between the user and the commands; sessions are the gateways'.
  UserBlocked: undefined,
  UserUnblocked: undefined,
  SessionsEnded: undefined,
};

interface Profile {
  readonly id: string;
  readonly username: string;
  readonly avatar: string | null;
}

export function foldUsers(): UserFold {
  const users = new Map<string, UserDocument>();
  return {
    happened({ type, data }, position) {
      const effect = effects[type] as ((data: unknown) => Profile) | undefined;
      if (effect === undefined) return;
      const { id, username, avatar } = effect(data);
      users.set(id, { _id: id, username, avatar, position });
    },
    users: () => [...users.values()],
  };
}
