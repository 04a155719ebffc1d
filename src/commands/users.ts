import { LRUCache } from 'lru-cache';
import { WeiliaoError } from '../shared/errors.ts';
import { readUserEvent, userKinds } from '../domain/user/kinds.ts';
import { decideRegister, userStream } from '../domain/user/user.ts';
import type { User, UserRef } from '../domain/user/user.ts';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { userRegisteredId } from './event-id.ts';

/** Users kept in memory: those that write or are written to. Who only listens takes no room here. */
const knownUsers = 100_000;

export interface RegisterOutcome {
  readonly user: User;
  /** False where the same user was there already. */
  readonly created: boolean;
  readonly position: number;
}

/** Who is registered, as the log says. A user does not change, so what was read once stays true. */
export interface UserDirectory {
  /** From memory only: undefined may mean that nobody asked yet. */
  known(id: string): UserRef | undefined;
  /** The user as messages name it, kept in memory from now on. */
  ref(id: string): Promise<UserRef | undefined>;
  find(id: string): Promise<User | undefined>;
  /** Throws `USER_EXISTS` where another user has the id. */
  register(user: User): Promise<RegisterOutcome>;
}

export function createUserDirectory(store: EventStore): UserDirectory {
  const refs = new LRUCache<string, UserRef>({ max: knownUsers });
  const registering = new Map<string, Promise<unknown>>();

  async function find(id: string): Promise<User | undefined> {
    const [first] = await store.readStream(userStream(id), { direction: 'forwards', maxCount: 1 });
    if (first === undefined) return undefined;
    return readUserEvent(first.type, first.metadata.schemaVersion, first.data)?.data;
  }

  async function ref(id: string): Promise<UserRef | undefined> {
    const known = refs.get(id);
    if (known !== undefined) return known;
    const user = await find(id);
    if (user === undefined) return undefined;
    const found = { id: user.id, username: user.username };
    refs.set(id, found);
    return found;
  }

  async function append(user: User): Promise<RegisterOutcome> {
    const metadata = { schemaVersion: userKinds.UserRegistered.schemaVersion };
    const event = { id: userRegisteredId(user), type: 'UserRegistered', data: user, metadata };
    const { position } = await store.appendToStream(userStream(user.id), [event], 'no_stream');
    return { user, created: true, position };
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

  /** One registration of an id at a time: of two that say the same, one has created the user. */
  function registerInTurn(wanted: User): Promise<RegisterOutcome> {
    const turn = (registering.get(wanted.id) ?? Promise.resolve()).then(
      () => register(wanted),
      () => register(wanted),
    );
    registering.set(wanted.id, turn);
    const leave = (): void => {
      if (registering.get(wanted.id) === turn) registering.delete(wanted.id);
    };
    turn.then(leave, leave);
    return turn;
  }

  return { known: (id) => refs.get(id), ref, find, register: registerInTurn };
}
