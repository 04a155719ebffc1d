import { evolveUser, readUserEvent } from '../domain/user/kinds.ts';
import { userStream } from '../domain/user/user.ts';
import type { UserRef } from '../domain/user/user.ts';
import type { UserState } from '../domain/user/user-state.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { damaged } from './command-error.ts';
import { readRecorded } from './read-recorded.ts';

/** Where an event is: in its stream, and in the log. */
type Place = Pick<RecordedEvent, 'revision' | 'position'>;

/** A user as memory holds them. The place is that of the newest event of their stream. */
export interface KnownUser extends Place {
  /** As messages name them. */
  readonly ref: UserRef;
  readonly state: UserState;
}

export function knownUser(state: UserState, { revision, position }: Place): KnownUser {
  return { ref: { id: state.id, username: state.username }, state, revision, position };
}

/** What a user's stream says. */
export interface UserEnd {
  /** Undefined where nobody is registered. */
  readonly known: KnownUser | undefined;
  /** Of its newest event, of whatever kind; -1: there is none. */
  readonly revision: number;
}

/** Throws `CONVERSATION_DAMAGED` where the registration is hidden or gone, and where an event cannot be read. */
export async function readUser(store: Pick<EventStore, 'readStream'>, id: string): Promise<UserEnd> {
  let state: UserState | undefined;
  let oldest: Place | undefined;
  let newest: Place = { revision: -1, position: 0 };
  for await (const events of pagesOf(store, userStream(id))) {
    for (const recorded of events) {
      const event = readRecorded(recorded, events, readUserEvent);
      if (event !== undefined) state = evolveUser(state, event);
    }
    oldest ??= events[0];
    newest = events.at(-1) ?? newest;
  }
  const { revision } = newest;
  if (state !== undefined) return { known: knownUser(state, newest), revision };
  if (oldest === undefined || oldest.revision === 0) return { known: undefined, revision };
  throw damaged(`${userStream(id)} begins at revision ${oldest.revision}, behind the registration`);
}

/** Events of a user that are read at a time. */
const page = 1_000;

async function* pagesOf({ readStream }: Pick<EventStore, 'readStream'>, stream: string) {
  for (let fromRevision = 0; ;) {
    const events = await readStream(stream, { direction: 'forwards', fromRevision, maxCount: page });
    yield events;
    const last = events.at(-1);
    if (last === undefined || events.length < page) return;
    fromRevision = last.revision + 1;
  }
}
