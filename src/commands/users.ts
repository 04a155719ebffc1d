import { WeiliaoError } from '../shared/errors.ts';
import type { UserDecision } from '../domain/user/decisions.ts';
import { evolveUser, userKinds } from '../domain/user/kinds.ts';
import type { UserEvent } from '../domain/user/kinds.ts';
import { userStream } from '../domain/user/user.ts';
import type { UserState } from '../domain/user/user-state.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { createConflicts } from './conflicts.ts';
import { userEventId } from './event-id.ts';
import { knownUser, readUser } from './read-user.ts';
import type { KnownUser, UserEnd } from './read-user.ts';
import { createUserCache } from './user-cache.ts';

export interface UserOutcome {
  readonly user: UserState;
  /** False where nothing had to change. */
  readonly changed: boolean;
  /** Place in the log of the event, or of the newest one of the user where nothing had to change. */
  readonly position: number;
}

/** Who is registered and how they want to be seen, as the log says. */
export interface UserDirectory {
  /** From memory only: undefined may mean that nobody asked yet. */
  known(id: string): KnownUser | undefined;
  /** The user, kept in memory from now on; undefined where nobody registered the id. */
  find(id: string): Promise<KnownUser | undefined>;
  /** Decides on the newest state and appends what comes of it. Throws the codes of refusals. */
  change(id: string, decide: (state: UserState | undefined) => UserDecision): Promise<UserOutcome>;
  /** The user's stream has this revision: what is known of before is not true any more. */
  observe(id: string, revision: number): void;
  /** Events may have been missed: nothing that is known may be true any more. */
  forgetAll(): void;
}

/** `onAppended`: told of each event that is written here, once it is durable. */
export function createUserDirectory(
  store: Pick<EventStore, 'readStream' | 'appendToStream'>,
  onAppended: (event: UserEvent) => void = () => undefined,
): UserDirectory {
  const cache = createUserCache();
  // One change of a user at a time: of two that say the same, one has made it.
  const turns = createTurns();

  async function load(id: string): Promise<UserEnd> {
    const since = cache.moment();
    const end = await readUser(store, id);
    if (end.known !== undefined) cache.keep(end.known, since);
    return end;
  }

  async function append({ known, revision: last }: UserEnd, event: UserEvent): Promise<UserOutcome> {
    const since = cache.moment();
    const { id } = event.data;
    const revision = last + 1;
    const expected = last < 0 ? 'no_stream' : last;
    const { position } = await store.appendToStream(userStream(id), [toAppend(event, revision)], expected);
    const state = evolveUser(known?.state, event);
    if (state === undefined) throw new TypeError(`${event.type} of nobody`);
    cache.keep(knownUser(state, { revision, position }), since);
    onAppended(event);
    return { user: state, changed: true, position };
  }

  async function change(id: string, decide: (state: UserState | undefined) => UserDecision): Promise<UserOutcome> {
    let end = await load(id);
    const catchUp = async (): Promise<void> => void (end = await load(id));
    const catchUpAfter = createConflicts({ revision: () => end.revision, catchUp });
    for (;;) {
      const { known } = end;
      const decision = decide(known?.state);
      if (decision.kind === 'refused') throw new WeiliaoError(decision.code, decision.reason);
      if (decision.kind === 'accepted') {
        try {
          return await append(end, decision.event);
        } catch (error) {
          // Somebody else wrote to the user's stream just now: with what they wrote, decide again.
          await catchUpAfter(error);
          continue;
        }
      }
      if (known === undefined) throw new TypeError('nothing to leave unchanged');
      return { user: known.state, changed: false, position: known.position };
    }
  }

  return {
    known: cache.get,
    find: async (id) => cache.get(id) ?? (await load(id)).known,
    change: (id, decide) => turns.take(id, () => change(id, decide)),
    observe: cache.observe,
    forgetAll: cache.forgetAll,
  };
}

function toAppend(event: UserEvent, revision: number) {
  const { type, data } = event;
  return { id: userEventId(event, revision), type, data, metadata: { schemaVersion: userKinds[type].schemaVersion } };
}

/** Tasks of the same key, one after the other. */
function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return {
    take<T>(key: string, task: () => Promise<T>): Promise<T> {
      const turn = (last.get(key) ?? Promise.resolve()).then(task, task);
      last.set(key, turn);
      const leave = (): void => {
        if (last.get(key) === turn) last.delete(key);
      };
      turn.then(leave, leave);
      return turn;
    },
  };
}
