import type { EventStore, RecordedEvent } from '../event-store.ts';
import { startAppendThreads } from './append-thread.ts';
import { collect } from './collect.ts';
import { findIdleSettings, readConnectionString } from './connection-string.ts';
import type { OnIncident } from './incident.ts';
import { createLinks } from './links.ts';
import type { Links } from './links.ts';
import { newestRequest, placeRequest, streamRequest } from './read-request.ts';
import { isAnswered } from './rpc-error.ts';
import { followLog } from './subscription.ts';
import { waitForStore } from './wait-for-store.ts';

export interface EventStoreDbOptions {
  /** Connection string, `esdb://…` or `esdb+discover://…`. */
  readonly url: string;
  readonly onIncident?: OnIncident;
  /** Threads that append, default 2. */
  readonly appendThreads?: number;
  /** Milliseconds until an append is told to have an unknown outcome, default 2,000: a retry then fits into a command. */
  readonly appendTimeoutMs?: number;
  /** Milliseconds to wait for the store to come up, default 30,000. */
  readonly startTimeoutMs?: number;
  /** Where it is given, the store is waited for as long as it takes, and this is told why, again and again. */
  readonly onMissing?: (reason: string) => void;
}

/** Milliseconds that a read may take. */
const readWithin = 5_000;

/**
 * The log in an EventStoreDB. Rejects with `OperatorError` where the connection string cannot be used, or where the
 * store is not there in time.
 */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStore> {
  const {
    url,
    onIncident = () => undefined,
    appendThreads = 2,
    appendTimeoutMs = 2_000,
    startTimeoutMs = 30_000,
    onMissing,
  } = options;
  const string = readConnectionString(url);
  for (const reason of findIdleSettings(url)) onIncident({ kind: 'setting-ignored', count: 1, reason });
  let there = false;
  // While it is waited for, each attempt would be told as a connection that was lost.
  const links = createLinks(url, (incident) => there && onIncident(incident));
  const ending = new AbortController();
  let closing: Promise<void> | undefined;

  async function lastPosition(): Promise<number> {
    const [event] = await collect(links.current(), newestRequest(), { withinMs: readWithin, most: 1 });
    return event?.position ?? 0;
  }

  // A connection of its own: what the server says of a position that it never gave would end all that share one.
  const places = createLinks(url, () => undefined);

  const threads = startAppendThreads({
    url: string.leaderUrl,
    timeoutMs: appendTimeoutMs,
    count: appendThreads,
    onIncident,
  });
  const close = async (): Promise<void> => {
    ending.abort();
    await threads.close();
    links.close();
    places.close();
  };
  try {
    await waitForStore(links, string, { withinMs: onMissing === undefined ? startTimeoutMs : Infinity, onMissing });
    there = true;
    await threads.ready;
  } catch (error) {
    await close();
    throw error;
  }

  return {
    appendToStream: threads.append,

    async readStream(stream, read) {
      if (read.maxCount <= 0) return [];
      const limits = { withinMs: readWithin, most: read.maxCount };
      return collect(links.current(), streamRequest(stream, read), limits);
    },

    subscribeToAll: (subscribe) =>
      followLog(links, { ...subscribe, signal: AbortSignal.any([subscribe.signal, ending.signal]) }),

    lastPosition,
    eventAt: (position) => eventAt(places, position),

    close: () => (closing ??= close()),
  };
}

async function eventAt(links: Links, position: number): Promise<RecordedEvent | undefined> {
  try {
    const [event] = await collect(links.current(), placeRequest(position), { withinMs: readWithin, most: 1 });
    return event?.position === position ? event : undefined;
  } catch (error) {
    if (isAnswered((error as Error).cause as Error)) return undefined;
    throw error;
  }
}
