import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { EventData, EventStore, ExpectedRevision } from '../../src/event-store/event-store.ts';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import type { EventStoreDbOptions } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import type { Incident } from '../../src/event-store/eventstoredb/incident.ts';
import { patience } from './until.ts';

export const event = (): EventData => ({ id: randomUUID(), type: 'Tested', data: {}, metadata: { schemaVersion: 1 } });
export const events = (count: number): EventData[] => Array.from({ length: count }, event);
export const newStream = (prefix = 'conversation-'): string => prefix + randomUUID();

export interface OpenStore {
  readonly store: EventStore;
  readonly incidents: readonly Incident[];
}

/** The adapter of one test, closed when the test is over. */
export async function openStore(url: string, options: Partial<EventStoreDbOptions> = {}): Promise<OpenStore> {
  const incidents: Incident[] = [];
  const onIncident = (incident: Incident): void => void incidents.push(incident);
  const store = await openEventStoreDb({ url, onIncident, startTimeoutMs: patience, ...options });
  onTestFinished(() => store.close());
  return { store, incidents };
}

export const idsOf = async (store: EventStore, stream: string): Promise<string[]> =>
  (await store.readStream(stream, { direction: 'forwards', maxCount: 100_000 })).map(({ id }) => id);

/** Appends as a command does: the same again for as long as the outcome is unknown. */
export async function insist(
  { appendToStream }: Pick<EventStore, 'appendToStream'>,
  stream: string,
  batch: EventData[],
  expected: ExpectedRevision,
) {
  for (;;) {
    try {
      return await appendToStream(stream, batch, expected);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailableError)) throw error;
      await delay(20);
    }
  }
}

/** Many streams that are appended to without a pause; `end` resolves to the ids that each must hold, in order. */
export function keepAppending(store: Pick<EventStore, 'appendToStream'>, count: number, prefix?: string) {
  let ending = false;
  let acked = 0;
  const run = async (stream: string): Promise<[string, string[]]> => {
    const ids: string[] = [];
    for (let expected: ExpectedRevision = 'no_stream'; !ending;) {
      const batch = events(2);
      expected = (await insist(store, stream, batch, expected)).revision;
      ids.push(...batch.map(({ id }) => id));
      acked += 1;
    }
    return [stream, ids];
  };
  const running = Array.from({ length: count }, () => run(newStream(prefix)));
  return {
    acked: () => acked,
    end() {
      ending = true;
      return Promise.all(running);
    },
  };
}

export async function expectKept(store: EventStore, streams: readonly [string, string[]][]): Promise<void> {
  for (const [stream, ids] of streams) expect(await idsOf(store, stream)).toEqual(ids);
}
