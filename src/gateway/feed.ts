import { setTimeout as delay } from 'node:timers/promises';
import { backOff } from '../shared/back-off.ts';
import { conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import type { EventBatch, FeedLog, RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import { isAborted } from '../shared/abort.ts';
import { followPause } from '../shared/follow-again.ts';

/** What a feed is fed from. */
export interface FeedSource {
  /**
   * Begins at the log's end: every event of a conversation after position `after`, each conversation's in order. Throws
   * `EventStoreUnavailableError`, as does the iteration when the log is lost: begin again then.
   */
  begin(signal: AbortSignal): Promise<{ readonly after: number; readonly batches: AsyncIterable<EventBatch> }>;
}

/** A feed of every conversation from the log's end on. */
export function feedFrom({ lastPosition, subscribe }: FeedLog): FeedSource {
  return {
    async begin(signal) {
      const after = await lastPosition();
      return { after, batches: subscribe({ after, prefixes: [conversationStreamPrefix], signal }) };
    },
  };
}

export interface FeedDeps {
  readonly source: FeedSource;
  readonly logger: Logger;
  /** The feed begins, or begins again: every event after this position will be handed out. */
  onBegin(after: number): void;
  /** Some events of conversations, in log order. */
  onBatch(events: readonly RecordedEvent[]): void;
  /** The feed is gone: nothing that was handed out so far is wrong, but something may be missing from now on. */
  onLost(): void;
}

/** The live events of this gateway. */
export interface Feed {
  /** Position of the newest event handed out. */
  position(): number;
  /** False while the log is out of reach. */
  live(): boolean;
  stop(): Promise<void>;
}

/**
 * Follows the log from its end on and hands out each event once, in order. When the log is lost, sockets are to be closed
 * (their cursors repair what they miss) and the feed begins again at the log's end. Rejects where it cannot begin.
 */
export async function startFeed({ source, logger, onBegin, onBatch, onLost }: FeedDeps): Promise<Feed> {
  const ending = new AbortController();
  const { signal } = ending;
  let { after: position, batches } = await source.begin(signal);
  let live = true;
  onBegin(position);

  async function follow(): Promise<void> {
    for await (const { events } of batches) {
      const newest = events.at(-1);
      if (newest === undefined) continue;
      position = Math.max(position, newest.position);
      onBatch(events);
    }
  }

  async function beginAgain(): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      await delay(backOff(failures, followPause), undefined, { signal }).catch(() => undefined);
      try {
        ({ after: position, batches } = await source.begin(signal));
        live = true;
        onBegin(position);
        logger.info({ component: 'feed', position }, 'feed is back');
        return;
      } catch (error) {
        logger.debug({ component: 'feed', error }, 'feed not back yet');
      }
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow();
        if (isAborted(signal)) return;
        logger.error({ component: 'feed' }, 'feed ended by itself');
      } catch (error) {
        if (isAborted(signal)) return;
        logger.error({ component: 'feed', error }, 'feed lost');
      }
      live = false;
      onLost();
      await beginAgain();
    }
  }

  const running = run();
  return {
    position: () => position,
    live: () => live,
    async stop() {
      ending.abort();
      await running;
    },
  };
}
