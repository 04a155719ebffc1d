import { setTimeout as delay } from 'node:timers/promises';
import { backOff } from '../shared/back-off.ts';
import { conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import type { EventBatch, FeedLog, RecordedEvent } from '../event-store/event-store.ts';
import { isStillThere } from '../event-store/log-identity.ts';
import type { Logger } from '../shared/logger.ts';
import { isAborted } from '../shared/abort.ts';
import { followPause } from '../shared/follow-again.ts';

/** False where it may pass by itself. `lostAt`: by the clock of `performance.now`. */
function isFinal(error: unknown, lostAt: number): error is LogReplacedError {
  return error instanceof LogReplacedError && !(error.isBehind && performance.now() - lostAt < behindFor);
}

/** What a feed is fed from. */
export interface FeedSource {
  /**
   * Begins at the log's end: every event of a conversation after position `after`, each conversation's in order. Throws
   * `EventStoreUnavailableError`, as does the iteration when the log is lost: begin again then. Throws
   * `LogReplacedError` where the log does not hold `seen`.
   */
  begin(signal: AbortSignal, seen: RecordedEvent | undefined): Promise<FeedBeginning>;
  /** The log is not the one that the feed began with, or was put back to an older state: the feed has ended. */
  onReplaced(error: LogReplacedError): void;
}

export interface FeedBeginning {
  readonly after: number;
  /** The event at `after`; undefined in an empty log. */
  readonly newest: RecordedEvent | undefined;
  readonly batches: AsyncIterable<EventBatch>;
}

/** The log does not hold what it was seen to hold. */
export class LogReplacedError extends Error {
  /** The log ends before it: another node may just not have it yet. */
  readonly isBehind: boolean;

  constructor(seen: number, end: number) {
    super(`the log ends at position ${end}, and does not hold the event that was seen at ${seen}`);
    this.name = 'LogReplacedError';
    this.isBehind = end < seen;
  }
}

/** A feed of every conversation from the log's end on. */
export function feedFrom(log: FeedLog, onReplaced: FeedSource['onReplaced']): FeedSource {
  const { lastPosition, eventAt, subscribe } = log;
  return {
    onReplaced,
    async begin(signal, seen) {
      const after = await lastPosition();
      const newest = after === 0 ? undefined : await eventAt(after);
      if (seen !== undefined && !(await isStillThere(log, seen))) throw new LogReplacedError(seen.position, after);
      return { after, newest, batches: subscribe({ after, prefixes: [conversationStreamPrefix], signal }) };
    },
  };
}

export interface FeedDeps {
  readonly source: FeedSource;
  readonly logger: Logger;
  /** The feed begins, or begins again: every event after this position, that of `newest`, will be handed out. */
  onBegin(after: number, newest: RecordedEvent | undefined): void;
  /** Some events of conversations, in log order. */
  onBatch(events: readonly RecordedEvent[]): void;
  /** The feed is gone: nothing that was handed out so far is wrong, but something may be missing from now on. */
  onLost(): void;
}

/** Milliseconds that the log may end before what was seen of it. */
const behindFor = 30_000;

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
  let { after: position, newest: seen, batches } = await source.begin(signal, undefined);
  let live = true;
  onBegin(position, seen);

  async function follow(): Promise<void> {
    for await (const { events } of batches) {
      const newest = events.at(-1);
      if (newest === undefined) continue;
      if (newest.position > position) ({ position } = seen = newest);
      onBatch(events);
    }
  }

  async function beginAgain(): Promise<void> {
    const lostAt = performance.now();
    for (let failures = 1; !signal.aborted; failures += 1) {
      await delay(backOff(failures, followPause), undefined, { signal }).catch(() => undefined);
      try {
        ({ after: position, newest: seen, batches } = await source.begin(signal, seen));
        live = true;
        onBegin(position, seen);
        logger.info({ component: 'feed', position }, 'feed is back');
        return;
      } catch (error) {
        const level = error instanceof LogReplacedError ? 'error' : 'debug';
        logger[level]({ component: 'feed', error }, 'feed not back yet');
        if (!isFinal(error, lostAt)) continue;
        ending.abort();
        source.onReplaced(error);
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
