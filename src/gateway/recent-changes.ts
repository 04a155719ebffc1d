import { conversationOfStream, conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';

/** A conversation that has changed. */
export interface Change {
  readonly conversation: string;
  /** Undefined where its id does not tell. */
  readonly members: readonly string[] | undefined;
  readonly position: number;
}

/** Which conversations have changed since a place that the read model has not passed yet. */
export interface RecentChanges {
  /** The feed handed this out. */
  note(change: Change): void;
  /** The feed begins, or begins again: all that is after this position will be noted, and what is before may not be. */
  feedBegan(after: number): void;
  /**
   * Conversations with events above `after`, as far as the read model may not have them: of users, or groups by their
   * ids. Throws `EventStoreUnavailableError`, `ReadModelUnavailableError`.
   */
  since(after: number, keys: readonly string[]): Promise<ReadonlySet<string>>;
  stop(): void;
}

export interface RecentChangesDeps {
  readonly rosters: Pick<Rosters, 'directMembers'>;
  readonly readModel: Pick<ReadModelQueries, 'checkpoint'>;
  readonly store: Pick<EventStore, 'subscribeToAll'>;
}

/** Milliseconds between two looks at how far the read model has come. */
const trimMs = 1_000;

/**
 * Keeps, for each user, the conversations that changed where the read model may not be yet. The feed brings what happens
 * from its beginning on; what lies before, of a read model that was behind then, or that is begun anew, is read from the
 * log once, for all who ask.
 */
export function createRecentChanges(deps: RecentChangesDeps): RecentChanges {
  const { readModel } = deps;
  const changes = new Changes();
  /** Everything of the log above this place is here, or comes with the feed. */
  let coveredFrom = Infinity;
  let reading: Promise<void> | undefined;
  const ending = new AbortController();

  async function readFrom(from: number, upTo: number): Promise<void> {
    await readChanges(deps, { from, upTo, signal: ending.signal }, (change) => changes.note(change));
    // Unless the feed has begun again meanwhile, further on.
    if (coveredFrom <= upTo) coveredFrom = from;
  }

  async function cover(from: number): Promise<void> {
    while (from < coveredFrom && !ending.signal.aborted) {
      reading ??= readFrom(from, coveredFrom).finally(() => (reading = undefined));
      await reading;
    }
  }

  const timer = setInterval(() => {
    if (changes.none || reading !== undefined) return;
    readModel.checkpoint().then(
      (checkpoint) => {
        changes.forgetUpTo(checkpoint);
        coveredFrom = Math.max(coveredFrom, checkpoint);
      },
      () => undefined,
    );
  }, trimMs).unref();

  return {
    note: (change) => changes.note(change),

    feedBegan(after) {
      coveredFrom = after;
    },

    async since(after, keys) {
      await cover(Math.max(after, await readModel.checkpoint()));
      return changes.of(keys, after);
    },

    stop() {
      ending.abort();
      clearInterval(timer);
    },
  };
}

/** Newest positions of conversations, by their members, or by themselves where their ids do not tell these. */
class Changes {
  readonly #byKey = new Map<string, Map<string, number>>();

  get none(): boolean {
    return this.#byKey.size === 0;
  }

  note({ conversation, members, position }: Change): void {
    if (members === undefined) this.#noteFor(conversation, conversation, position);
    else for (const member of members) this.#noteFor(member, conversation, position);
  }

  #noteFor(key: string, conversation: string, position: number): void {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, new Map([[conversation, position]]));
    else if (position > (known.get(conversation) ?? 0)) known.set(conversation, position);
  }

  of(keys: readonly string[], after: number): ReadonlySet<string> {
    const found = new Set<string>();
    for (const key of keys) {
      for (const [conversation, position] of this.#byKey.get(key) ?? []) if (position > after) found.add(conversation);
    }
    return found;
  }

  forgetUpTo(checkpoint: number): void {
    for (const [key, conversations] of this.#byKey) {
      for (const [conversation, position] of conversations) {
        if (position <= checkpoint) conversations.delete(conversation);
      }
      if (conversations.size === 0) this.#byKey.delete(key);
    }
  }
}

interface Stretch {
  /** Positions: exclusive, inclusive. */
  readonly from: number;
  readonly upTo: number;
  readonly signal: AbortSignal;
}

/** What the log says of a stretch of itself. */
async function readChanges(
  { store, rosters }: Pick<RecentChangesDeps, 'store' | 'rosters'>,
  { from, upTo, signal }: Stretch,
  note: (change: Change) => void,
): Promise<void> {
  const enough = new AbortController();
  const either = AbortSignal.any([enough.signal, signal]);
  const prefixes = [conversationStreamPrefix];
  for await (const { events, caughtUp } of store.subscribeToAll({ after: from, prefixes, signal: either })) {
    for (const { stream, position } of events) {
      const conversation = position <= upTo ? conversationOfStream(stream) : undefined;
      if (conversation === undefined) continue;
      note({ conversation, members: rosters.directMembers(conversation), position });
    }
    if (caughtUp || (events.at(-1)?.position ?? 0) >= upTo) break;
  }
  enough.abort();
}
