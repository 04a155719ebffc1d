import { LRUCache } from 'lru-cache';
import { conversationStream } from '../domain/conversation/conversation-id.ts';
import { emptyConversation } from '../domain/conversation/conversation.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import { evolve, readConversationEvent } from '../domain/conversation/kinds.ts';
import type { ConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventStore, ExpectedRevision, RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';

/** Events read from the end of a stream at first, and at a time after that. */
const tailEvents = 64;
/** Conversations whose head is kept in memory. */
const knownHeads = 100_000;

/** The end of one conversation: enough to decide on it, never its past. */
export interface Head {
  readonly conversation: string;
  /** Newest revision, -1 where the conversation does not exist. */
  revision: number;
  state: Conversation;
  /** True where `state` was folded from the first event on, so that a missing watermark is 0. */
  readonly whole: boolean;
  /** Every event of the conversation after this position was observed; the read model knows the others. */
  readonly since: number;
}

export interface HeadDeps {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly readModel: Pick<ReadModelQueries, 'checkpoint'>;
  /** Called for each event that is read of a conversation, in order, whoever wrote it. */
  observe(event: ConversationEvent, place: EventPlace): void;
}

export interface EventPlace {
  readonly conversation: string;
  readonly revision: number;
  readonly position: number;
}

/** The heads of conversations, in memory where they were used before. */
export interface Heads {
  of(conversation: string): Head | Promise<Head>;
  /** Brings a head that fell behind up to the stream's end. */
  catchUp(head: Head): Promise<void>;
  /** It may be wrong: the next one who asks gets it from the log. */
  forget(conversation: string): void;
}

export function createHeads(deps: HeadDeps): Heads {
  const heads = new LRUCache<string, Head>({ max: knownHeads });

  async function load(conversation: string): Promise<Head> {
    const head = await loadHead(conversation, deps);
    heads.set(conversation, head);
    return head;
  }

  return {
    of: (conversation) => heads.get(conversation) ?? load(conversation),

    async catchUp(head) {
      const stream = conversationStream(head.conversation);
      for (;;) {
        const read = { direction: 'forwards', fromRevision: head.revision + 1, maxCount: tailEvents } as const;
        const events = await deps.store.readStream(stream, read);
        foldInto(head, events, deps);
        if (events.length < tailEvents) return;
      }
    },

    forget: (conversation) => void heads.delete(conversation),
  };
}

export function expectedRevision({ revision }: Head): ExpectedRevision {
  return revision === -1 ? 'no_stream' : revision;
}

/**
 * Loads a head from the end of the stream: as many events as the read model may not know yet, at least 64, never the
 * whole stream.
 */
async function loadHead(conversation: string, deps: HeadDeps): Promise<Head> {
  const { store, readModel } = deps;
  const stream = conversationStream(conversation);
  const tail = [...(await store.readStream(stream, { direction: 'backwards', maxCount: tailEvents }))];
  const newest = tail[0];
  if (newest === undefined) return { conversation, revision: -1, state: emptyConversation, whole: true, since: 0 };
  let oldest = tail.at(-1) ?? newest;
  const projected = oldest.revision === 0 ? 0 : await readModel.checkpoint();
  while (oldest.revision > 0 && oldest.position > projected) {
    const read = { direction: 'backwards', fromRevision: oldest.revision - 1, maxCount: tailEvents } as const;
    const more = await store.readStream(stream, read);
    tail.push(...more);
    oldest = more.at(-1) ?? oldest;
  }
  const whole = oldest.revision === 0;
  const state = { ...emptyConversation, lastSeq: newest.metadata.lastSeq ?? 0 };
  const head: Head = { conversation, revision: -1, state, whole, since: whole ? 0 : oldest.position };
  foldInto(head, tail.reverse(), deps);
  return head;
}

/** Folds recorded events, oldest first, into a head. Kinds that this program does not know only move the revision. */
function foldInto(head: Head, events: readonly RecordedEvent[], { observe }: Pick<HeadDeps, 'observe'>): void {
  const { conversation } = head;
  for (const { revision, position, type, data, metadata } of events) {
    const event = readConversationEvent(type, metadata.schemaVersion, data);
    head.revision = revision;
    if (event === undefined) continue;
    head.state = evolve(head.state, event);
    observe(event, { conversation, revision, position });
  }
}
