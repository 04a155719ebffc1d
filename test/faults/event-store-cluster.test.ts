import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.ts';
import { event, expectKept, insist, keepAppending, newStream, openStore } from '../support/appending.ts';
import { startCluster } from '../support/event-store-cluster.ts';
import type { EventStoreServer } from '../support/event-store-server.ts';
import { until, within } from '../support/until.ts';

/** Milliseconds within which an append has an outcome: the adapter's 2 s, and what a busy machine adds. */
const toldWithin = 4_000;
/** Milliseconds within which appends go on once another node leads. */
const backWithin = 8_000;

/** Everything of a prefix as one subscriber sees it who begins again where it lost its subscription. */
function followAll(store: EventStore, after: number, prefix: string): readonly RecordedEvent[] {
  const seen: RecordedEvent[] = [];
  const ending = new AbortController();
  const follow = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const place = seen.at(-1)?.position ?? after;
      try {
        for await (const batch of store.subscribeToAll({ after: place, prefixes: [prefix], signal: ending.signal })) {
          seen.push(...batch.events);
        }
      } catch (error) {
        if (!(error instanceof EventStoreUnavailableError)) throw error;
        await delay(50);
      }
    }
  };
  const following = follow();
  following.catch(() => undefined);
  onTestFinished(async () => {
    ending.abort();
    await following;
  });
  return seen;
}

/** Appends whose outcome is told in time, whatever it is. */
function punctual(store: EventStore): Pick<EventStore, 'appendToStream'> {
  return {
    appendToStream: (...append) => within(store.appendToStream(...append), 'the outcome of an append', toldWithin),
  };
}

const { EVENTSTORE_CLUSTER_URL: url, EVENTSTORE_CLUSTER_COMMAND: command } = process.env;

const harms: readonly [string, (leader: EventStoreServer) => Promise<void>, (leader: EventStoreServer) => unknown][] = [
  ['killed', (leader) => leader.kill(), (leader) => leader.restart()],
  ['frozen', (leader) => leader.freeze(), (leader) => leader.thaw()],
];

function describeCluster(nodesCommand: string, clusterUrl: string): void {
  describe('a cluster of EventStoreDB under load', () => {
    test.each(harms)(
      'its leader %s: appends are told in time and go on, nothing acked is missing, nothing is there twice',
      async (_, harm, heal) => {
        const cluster = startCluster(nodesCommand, clusterUrl);
        await cluster.whole();
        const opened = await openStore(clusterUrl);
        const store = punctual(opened.store);
        const prefix = newStream();
        const seen = followAll(opened.store, await opened.store.lastPosition(), prefix);
        const appending = keepAppending(store, 32, prefix);
        await until(() => appending.acked() > 300 && seen.length > 300, 'appends go on');

        const leader = await cluster.leader();
        await harm(leader);
        onTestFinished(() => leader.thaw());
        // Begun after the harm, so that only another leader can have taken them; enough for every thread that appends.
        const after = Array.from({ length: 16 }, () => insist(store, newStream(prefix), [event()], 'no_stream'));
        await cluster.leader(leader);
        const appended = await within(Promise.all(after), 'appends after the harm', backWithin);
        const newest = Math.max(...appended.map(({ position }) => position));
        await until(() => seen.some(({ position }) => position >= newest), 'the subscription goes on');

        await heal(leader);
        const before = appending.acked();
        await until(() => appending.acked() > before + 300, 'appends go on after the healing');
        const streams = await appending.end();
        await expectKept(opened.store, streams);
        const all = streams.flatMap(([, ids]) => ids).length + after.length;
        await until(() => seen.length >= all, 'the subscription has brought everything');
        expect(new Set(seen.map(({ id }) => id)).size).toBe(all);
        const positions = seen.map(({ position }) => position);
        expect(positions).toEqual([...positions].sort((one, other) => one - other));
        expect(seen.length).toBe(all);
      },
      300_000,
    );
  });
}

if (url === undefined || command === undefined) {
  test.skip(
    'a cluster of EventStoreDB (EVENTSTORE_CLUSTER_COMMAND, which runs node $NODE of EVENTSTORE_CLUSTER_URL, is not set)',
  );
} else {
  describeCluster(command, url);
}
