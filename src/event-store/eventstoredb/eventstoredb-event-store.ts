import { setTimeout as delay } from 'node:timers/promises';
import { BACKWARDS, END, FORWARDS, START } from '@eventstore/db-client';
import type { ReadStreamOptions as DbClientReadOptions, ResolvedEvent } from '@eventstore/db-client';
import { OperatorError } from '../../errors.ts';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { EventStore, ReadStreamOptions, RecordedEvent } from '../event-store.ts';
import { startAppendThreads } from './append-threads.ts';
import { backOff } from './back-off.ts';
import { collect } from './collect.ts';
import { hostsOf } from './connection.ts';
import type { OnIncident } from './incident.ts';
import { lastEventPosition } from './last-event.ts';
import { createLinks } from './links.ts';
import type { Link } from './links.ts';
import { toRecordedEvent } from './recorded-event.ts';
import { followLog } from './subscription.ts';

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
  } = options;
  const links = createLinks(url, onIncident);
  const ending = new AbortController();
  let newest = 0;
  let closing: Promise<void> | undefined;

  async function lastPosition(): Promise<number> {
    newest = Math.max(newest, await lastEventPosition(links.current(), readWithin));
    return newest;
  }

  await waitFor(lastPosition, startTimeoutMs, hostsOf(url)).catch((error: unknown) => {
    links.close();
    throw error;
  });
  const threads = startAppendThreads({ url, timeoutMs: appendTimeoutMs, count: appendThreads, onIncident });

  return {
    async appendToStream(stream, events, expected) {
      const result = await threads.append(stream, events, expected);
      newest = Math.max(newest, result.position);
      return result;
    },

    readStream: async (stream, read) => readStream(links.current(), stream, read),

    subscribeToAll: (subscribe) =>
      followLog(links, { ...subscribe, signal: AbortSignal.any([subscribe.signal, ending.signal]) }),

    lastPosition,

    close: () =>
      (closing ??= (async () => {
        ending.abort();
        await threads.close();
        links.close();
      })()),
  };
}

async function readStream(link: Link, stream: string, options: ReadStreamOptions): Promise<readonly RecordedEvent[]> {
  const { direction, fromRevision, maxCount } = options;
  if (maxCount <= 0) return [];
  const forwards = direction === 'forwards';
  const first = forwards ? START : END;
  const read: DbClientReadOptions = {
    direction: forwards ? FORWARDS : BACKWARDS,
    fromRevision: fromRevision === undefined ? first : BigInt(fromRevision),
    maxCount,
  };
  const limits = { withinMs: readWithin, most: maxCount };
  const found = await collect<ResolvedEvent>(
    link,
    ({ connection }) => connection.client.readStream(stream, read),
    limits,
  );
  return found.flatMap(({ event }) => (event === undefined ? [] : [toRecordedEvent(event)]));
}

async function waitFor(ask: () => Promise<unknown>, withinMs: number, hosts: string): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (let failures = 1; ; failures += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof EventStoreUnavailableError)) throw error;
      if (performance.now() > deadline) {
        const cause = error.cause instanceof Error ? error.cause : error;
        throw new OperatorError(`no event store at ${hosts} (EVENTSTORE_URL): ${cause.message}`, { cause });
      }
      await delay(backOff(failures, { first: 100 }));
    }
  }
}
