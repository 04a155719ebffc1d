import { conversationStream } from '../domain/conversation/conversation-id.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { RecentChanges } from './recent-changes.ts';

/** What a client missed. */
export interface Missed {
  /** In log order. */
  readonly events: readonly RecordedEvent[];
  /** Conversations with more than can be replayed. */
  readonly tooLong: readonly string[];
}

export interface MissedQuery {
  readonly user: string;
  /** Conversations of the user whose members their ids do not tell. */
  readonly groups: readonly string[];
  /** Positions: exclusive, inclusive. */
  readonly after: number;
  readonly upTo: number;
}

export interface MissedDeps {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly readModel: Pick<ReadModelQueries, 'conversationsChangedSince'>;
  readonly recent: Pick<RecentChanges, 'since'>;
}

/** Missed events of one conversation that are still replayed. */
const maxMissedEvents = 1_000;
/** The same of all conversations of a user: characters of their payloads, and conversations. */
const maxMissedCharacters = 16 * 1024 * 1024;
const maxMissedConversations = 2_000;
/** Conversations that are read at once for one client. */
const atOnce = 8;
/** Events of the first read of a stream, and of the later ones: few are missed, nearly always. */
const firstPage = 64;
const page = 500;

/** Finds what a user missed. Throws `EventStoreUnavailableError`, `ReadModelUnavailableError`. */
export async function findMissed(deps: MissedDeps, query: MissedQuery): Promise<Missed> {
  const changed = await changedConversations(deps, query);
  const tooLong = changed.slice(maxMissedConversations);
  const found: RecordedEvent[][] = [];
  const wanted = changed.slice(0, maxMissedConversations);
  let characters = 0;

  async function readNext(): Promise<void> {
    for (let conversation = wanted.shift(); conversation !== undefined; conversation = wanted.shift()) {
      const events = characters > maxMissedCharacters ? undefined : await readMissed(deps.store, conversation, query);
      if (events === undefined) {
        tooLong.push(conversation);
        continue;
      }
      characters += events.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
      found.push(events);
    }
  }

  await Promise.all(Array.from({ length: atOnce }, readNext));
  const events = found.flat().sort((one, other) => one.position - other.position);
  return { events, tooLong };
}

/** From the read model, and from the log where the read model is behind. */
async function changedConversations({ readModel, recent }: MissedDeps, query: MissedQuery): Promise<string[]> {
  const { user, groups, after } = query;
  // First what is above the read model: what it reaches meanwhile is then found in both, never in neither.
  const changed = new Set(await recent.since(after, [user, ...groups]));
  for (let from = after; ;) {
    const some = await readModel.conversationsChangedSince(user, from, page);
    for (const { _id } of some) changed.add(_id);
    const last = some.at(-1);
    if (last === undefined || some.length < page) return [...changed];
    from = last.last_position;
  }
}

/** Undefined where it is too much. */
async function readMissed(
  store: MissedDeps['store'],
  conversation: string,
  { after, upTo }: MissedQuery,
): Promise<RecordedEvent[] | undefined> {
  const stream = conversationStream(conversation);
  const missed: RecordedEvent[] = [];
  let next: { readonly fromRevision?: number; readonly maxCount: number } = { maxCount: firstPage };
  for (;;) {
    const events = await store.readStream(stream, { direction: 'backwards', ...next });
    for (const event of events) {
      if (event.position <= after) return missed;
      if (event.position <= upTo) missed.push(event);
    }
    if (missed.length > maxMissedEvents) return undefined;
    const oldest = events.at(-1);
    if (oldest === undefined || oldest.revision === 0 || events.length < next.maxCount) return missed;
    next = { fromRevision: oldest.revision - 1, maxCount: page };
  }
}
