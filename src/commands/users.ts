import { LRUCache } from 'lru-cache';
import { WeiliaoError } from '../shared/errors.ts';
import type { UserDecision } from '../domain/user/decisions.ts';
import { evolveUser, readUserEvent, userKinds } from '../domain/user/kinds.ts';
import type { UserEvent } from '../domain/user/kinds.ts';
import { userStream } from '../domain/user/user.ts';
import type { UserRef } from '../domain/user/user.ts';
import type { UserState } from '../domain/user/user-state.ts';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { userEventId } from './event-id.ts';
import { readRecorded } from './read-recorded.ts';

/** Users kept in memory: those that write or are written to. Who only listens takes no room here. */
const knownUsers = 100_000;
/** Events of a user that are read at a time. */
const page = 1_000;

/** A user as memory holds them. */
export interface KnownUser {
  /** As messages name them. */
  readonly ref: UserRef;
  readonly state: UserState;
  /** Of the newest event of their stream. */
  readonly revision: number;
  /** The same event's place in the log. */
  readonly position: number;
}

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
  const cache = new LRUCache<string, KnownUser>({ max: knownUsers });
  // One change of a user at a time: of two that say the same, one has made it.
  const turns = createTurns();
  /** Counts what was forgotten: what was read before must not come back into memory after. */
  let forgotten = 0;

  async function load(id: string): Promise<KnownUser | undefined> {
    const before = forgotten;
    const known = await readUser(store, id);
    if (known !== undefined && forgotten === before) cache.set(id, known);
    return known;
  }

  async function append(known: KnownUser | undefined, event: UserEvent): Promise<UserOutcome> {
    const { id } = event.data;
    const revision = (known?.revision ?? -1) + 1;
    const expected = known === undefined ? 'no_stream' : known.revision;
    const { position } = await store.appendToStream(userStream(id), [toAppend(event, revision)], expected);
    const state = evolveUser(known?.state, event);
    if (state === undefined) throw new TypeError(`${event.type} of nobody`);
    cache.set(id, knownUser(state, { revision, position }));
    onAppended(event);
    return { user: state, changed: true, position };
  }

  async function change(id: string, decide: (state: UserState | undefined) => UserDecision): Promise<UserOutcome> {
    for (;;) {
      const known = await load(id);
      const decision = decide(known?.state);
      if (decision.kind === 'refused') throw new WeiliaoError(decision.code, decision.reason);
      if (decision.kind === 'accepted') {
        try {
          return await append(known, decision.event);
        } catch (error) {
          // Somebody else wrote to the user's stream just now: with what they wrote, decide again.
          if (error instanceof WrongExpectedRevisionError) continue;
          throw error;
        }
      }
      if (known === undefined) throw new TypeError('nothing to leave unchanged');
      return { user: known.state, changed: false, position: known.position };
    }
  }

  return {
    known: (id) => cache.get(id),
    find: async (id) => cache.get(id) ?? (await load(id)),
    change: (id, decide) => turns.take(id, () => change(id, decide)),
    observe(id, revision) {
      const known = cache.peek(id);
      if (known !== undefined && known.revision >= revision) return;
      forgotten += 1;
      cache.delete(id);
    },
    forgetAll() {
      forgotten += 1;
      cache.clear();
    },
  };
}

/** Where an event is: in its stream, and in the log. */
type Place = Pick<RecordedEvent, 'revision' | 'position'>;

function knownUser(state: UserState, { revision, position }: Place): KnownUser {
  return { ref: { id: state.id, username: state.username }, state, revision, position };
}

async function readUser(store: Pick<EventStore, 'readStream'>, id: string): Promise<KnownUser | undefined> {
  let state: UserState | undefined;
  let newest: Place = { revision: -1, position: 0 };
  for (;;) {
    const from = newest.revision < 0 ? {} : { fromRevision: newest.revision + 1 };
    const events = await store.readStream(userStream(id), { direction: 'forwards', maxCount: page, ...from });
    for (const recorded of events) {
      const event = readRecorded(recorded, events, readUserEvent);
      if (event !== undefined) state = evolveUser(state, event);
    }
    newest = events.at(-1) ?? newest;
    if (events.length < page) return state === undefined ? undefined : knownUser(state, newest);
  }
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
