import { LRUCache } from 'lru-cache';
import { conversationStream } from '../domain/conversation/conversation-id.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import type { ExpectedRevision } from '../event-store/event-store.ts';
import { foldInto, loadHead, tailEvents } from './load-head.ts';
import type { HeadDeps } from './load-head.ts';

/** Conversations whose head is kept in memory. */
const knownHeads = 100_000;

/** The end of one conversation: enough to decide on it, never its past. */
export interface Head {
  readonly conversation: string;
  /** Newest revision, -1 where the conversation does not exist. */
  revision: number;
  state: Conversation;
  /** True where `state` was folded from the first event on, so that a missing watermark is 0. */
  whole: boolean;
  /** Every event of the conversation after this position was observed; the read model knows the others. */
  since: number;
}

export interface EventPlace {
  readonly conversation: string;
  readonly revision: number;
  readonly position: number;
}

/** The heads of conversations, in memory where they were used before. */
export interface Heads {
  /** Rejects with `CONVERSATION_DAMAGED` where the log does not hold what it must. */
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
        const [first] = events;
        if (first !== undefined && first.revision !== read.fromRevision) {
          // What came in between was cut off.
          Object.assign(head, await loadHead(head.conversation, deps));
          return;
        }
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
