import { randomUUID } from 'node:crypto';
import { persistentSubscriptionToAllSettingsFromDefaults } from '@eventstore/db-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { EventData, EventStore, RecordedEvent } from '../../src/event-store/event-store.ts';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import { createGroup, removeDeadGroups } from '../../src/event-store/eventstoredb/consumer-groups.ts';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { createPersistentFeed } from '../../src/event-store/eventstoredb/persistent-feed.ts';
import { sharedStandIn, startStandIn } from '../support/stand-in.ts';
import { until, within } from '../support/until.ts';

const event = (): EventData => ({ id: randomUUID(), type: 'Tested', data: {}, metadata: { schemaVersion: 1 } });

function byStream(events: readonly RecordedEvent[]): Map<string, number[]> {
  const revisions = new Map<string, number[]>();
  for (const { stream, revision } of events) revisions.set(stream, [...(revisions.get(stream) ?? []), revision]);
  return revisions;
}

/** A subscription of a gateway, read in the background. */
function follow(url: string, store: EventStore, options: { gatewayId: string; after: number; prefix: string }) {
  const { gatewayId, after, prefix } = options;
  const feed = createPersistentFeed({ url, gatewayId, readStream: store.readStream });
  const ending = new AbortController();
  const seen: RecordedEvent[] = [];
  let caughtUp = false;
  const running = (async () => {
    for await (const batch of feed.subscribe({ after, prefixes: [prefix], signal: ending.signal })) {
      seen.push(...batch.events);
      ({ caughtUp } = batch);
    }
  })();
  running.catch(() => undefined);
  const end = async (): Promise<void> => {
    ending.abort();
    await running.finally(() => feed.close());
  };
  onTestFinished(() => end().catch(() => undefined));
  return { seen, running, end, started: () => until(() => caughtUp, 'the feed has begun') };
}

/** What a feed over consumer groups promises. */
function describePersistentFeed(name: string, server: () => string): void {
  describe(`the persistent feed: ${name}`, () => {
    async function open() {
      const url = server();
      const store = await openEventStoreDb({ url });
      onTestFinished(() => store.close());
      return { url, store, prefix: `conversation-${randomUUID()}-`, gatewayId: randomUUID() };
    }

    test('brings each of two gateways everything after its position once, in the order of its stream', async () => {
      const { url, store, prefix } = await open();
      await store.appendToStream(`${prefix}before`, [event()], 'no_stream');
      const after = await store.lastPosition();
      const between = await store.appendToStream(`${prefix}between`, [event()], 'no_stream');
      const gateways = [randomUUID(), randomUUID()].map((gatewayId) =>
        follow(url, store, { gatewayId, after, prefix }),
      );
      await Promise.all(gateways.map(({ started }) => started()));
      const streams = Array.from({ length: 20 }, async (_, index) => {
        let expected: number | 'no_stream' = 'no_stream';
        for (let count = 0; count < 10; count += 1) {
          expected = (await store.appendToStream(`${prefix}${index}`, [event()], expected)).revision;
        }
      });
      await Promise.all(streams);
      for (const { seen } of gateways) {
        await until(() => seen.length >= 201, 'all is there');
        expect(seen[0]!.position).toBe(between.position);
        expect(new Set(seen.map(({ id }) => id)).size).toBe(201);
        const revisions = byStream(seen.slice(1));
        for (const found of revisions.values()) expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }
    });

    test('refuses a second gateway of the same id', async () => {
      const { url, store, prefix, gatewayId } = await open();
      const after = await store.lastPosition();
      const first = follow(url, store, { gatewayId, after, prefix });
      await first.started();
      const second = follow(url, store, { gatewayId, after, prefix });
      await expect(within(second.running, 'the refusal')).rejects.toBeInstanceOf(EventStoreUnavailableError);
    });

    test('begins anew at its position when a gateway comes back', async () => {
      const { url, store, prefix, gatewayId } = await open();
      const first = follow(url, store, { gatewayId, after: await store.lastPosition(), prefix });
      await first.started();
      await first.end();
      await store.appendToStream(`${prefix}missed`, [event()], 'no_stream');
      const second = follow(url, store, { gatewayId, after: await store.lastPosition(), prefix });
      await second.started();
      const { position } = await store.appendToStream(`${prefix}seen`, [event()], 'no_stream');
      await until(() => second.seen.length > 0, 'the event is there');
      expect(second.seen.map((recorded) => recorded.position)).toEqual([position]);
    });
  });
}

test('groups that gateways left behind are removed, those of others and of gateways that run are not', async () => {
  const { url } = await startStandIn();
  const store = await openEventStoreDb({ url });
  onTestFinished(() => store.close());
  const connection = connect(url);
  onTestFinished(() => connection.close());
  const { client } = connection;
  const running = follow(url, store, { gatewayId: 'running', after: 0, prefix: 'conversation-' });
  await running.started();
  for (const group of ['weiliao-gateway-dead', 'weiliao-gateway-own']) {
    await createGroup(client, { group, after: 0, prefixes: ['conversation-'] });
  }
  await client.createPersistentSubscriptionToAll('of-others', persistentSubscriptionToAllSettingsFromDefaults());
  const { signal } = new AbortController();
  expect(await removeDeadGroups(client, 'weiliao-gateway-own', { signal, betweenMs: 1 })).toBe(1);
  const left = (await client.listPersistentSubscriptionsToAll()).map(({ groupName }) => groupName);
  expect(left.sort()).toEqual(['of-others', 'weiliao-gateway-own', 'weiliao-gateway-running']);
});

const standIn = sharedStandIn();
describePersistentFeed('the stand-in', () => standIn().url);

const url = process.env['EVENTSTORE_URL'];
if (url === undefined) test.skip('the persistent feed: a real EventStoreDB (EVENTSTORE_URL is not set)');
else describePersistentFeed('EventStoreDB at EVENTSTORE_URL', () => url);
