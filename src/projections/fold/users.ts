import type { UserRegistered } from '../../domain/user/kinds/user-registered.ts';
import type { UserDocument } from '../../read-model/documents.ts';

/** Users that one batch registers. */
export interface UserFold {
  readonly registered: (event: UserRegistered, position: number) => void;
  readonly users: () => UserDocument[];
}

export function foldUsers(): UserFold {
  const users = new Map<string, UserDocument>();
  return {
    registered({ id, username, avatar }, position) {
      if (!users.has(id)) users.set(id, { _id: id, username, avatar, position });
    },
    users: () => [...users.values()],
  };
}
