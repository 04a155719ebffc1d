import { setTimeout as delay } from 'node:timers/promises';
import { conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../logger.ts';

export interface FeedDeps {
  readonly store: EventStore;
  readonly logger: Logger;
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

/** Longest pause between two attempts to get the feed back, in milliseconds. */
const maxPauseMs = 5_000;

/**
 * Subscribes to the log from its end on and hands out each event once, in order. When the log is lost, sockets are to
 * be closed (their cursors repair what they miss) and the feed begins again at the log's end.
 */
export async function startFeed({ store, logger, onBatch, onLost }: FeedDeps): Promise<Feed> {
  const ending = new AbortController();
  const { signal } = ending;
  let position = await store.lastPosition();
  let live = true;

  async function follow(): Promise<void> {
    const prefixes = [conversationStreamPrefix];
    for await (const { events } of store.subscribeToAll({ after: position, prefixes, signal })) {
      live = true;
      if (events.length === 0) continue;
      position = events.at(-1)?.position ?? position;
      onBatch(events);
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        if (!live) position = await store.lastPosition();
        if (failures > 0) live = true;
        await follow();
      } catch (error) {
        if (live) {
          live = false;
          failures = 0;
          logger.error({ component: 'feed', error }, 'feed lost');
          onLost();
        }
        const pause = Math.min(maxPauseMs, 50 * 2 ** failures) * (0.5 + Math.random() / 2);
        await delay(pause, undefined, { signal }).catch(() => undefined);
      }
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
