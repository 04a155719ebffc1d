import { LRUCache } from 'lru-cache';
import { WeiliaoError } from '../errors.ts';
import { readUserEvent, userSchemaVersion } from '../domain/user/upcasters.ts';
import { decideRegister, userStream } from '../domain/user/user.ts';
import type { User, UserRef } from '../domain/user/user.ts';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { RegisterOutcome } from './commands.ts';
import { userRegisteredId } from './event-id.ts';

/** Users kept in memory. */
const knownUsers = 100_000;

/** Who is registered, as the log says. A user does not change, so what was read once stays true. */
export interface UserDirectory {
  /** From memory only: undefined may mean that nobody asked yet. */
  known(id: string): UserRef | undefined;
  find(id: string): Promise<User | undefined>;
  /** Throws `USER_EXISTS` where another user has the id. */
  register(user: User): Promise<RegisterOutcome>;
}

export function createUserDirectory(store: EventStore): UserDirectory {
  const users = new LRUCache<string, { readonly user: User; ref: UserRef | undefined }>({ max: knownUsers });

  function remember(user: User): User {
    users.set(user.id, { user, ref: undefined });
    return user;
  }

  async function find(id: string): Promise<User | undefined> {
    const known = users.get(id);
    if (known !== undefined) return known.user;
    const [first] = await store.readStream(userStream(id), { direction: 'forwards', maxCount: 1 });
    if (first === undefined) return undefined;
    const event = readUserEvent(first.type, first.metadata.schemaVersion, first.data);
    return event === undefined ? undefined : remember(event.data);
  }

  async function append(user: User): Promise<RegisterOutcome> {
    const metadata = { schemaVersion: userSchemaVersion };
    const event = { id: userRegisteredId(user), type: 'UserRegistered', data: user, metadata };
    const { position } = await store.appendToStream(userStream(user.id), [event], 'no_stream');
    return { user: remember(user), created: true, position };
  }

  async function register(wanted: User): Promise<RegisterOutcome> {
    const decision = decideRegister(wanted, await find(wanted.id));
    switch (decision.kind) {
      case 'unchanged':
        return { user: wanted, created: false, position: 0 };
      case 'refused':
        throw new WeiliaoError('USER_EXISTS', decision.reason);
      case 'accepted':
        try {
          return await append(decision.event);
        } catch (error) {
          if (!(error instanceof WrongExpectedRevisionError)) throw error;
          // Somebody else registered the id just now: with what they wrote, decide again.
          return await register(wanted);
        }
    }
  }

  return {
    known(id) {
      const entry = users.get(id);
      if (entry === undefined) return undefined;
      return (entry.ref ??= { id: entry.user.id, username: entry.user.username });
    },
    find,
    register,
  };
}
