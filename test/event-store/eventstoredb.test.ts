import { afterAll, describe, onTestFinished, test } from 'vitest';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { describeEventStore } from '../contract/event-store.ts';
import { openStandIn } from '../support/stand-in.ts';
import type { StandInProcess } from '../support/stand-in.ts';

async function open(url: string) {
  const store = await openEventStoreDb({ url });
  onTestFinished(() => store.close());
  return store;
}

describe('over the stand-in', () => {
  let standIn: Promise<StandInProcess> | undefined;
  afterAll(async () => (await standIn)?.remove());
  describeEventStore({
    name: 'EventStoreDB, the stand-in',
    open: async () => open((await (standIn ??= openStandIn())).url),
  });
});

const url = process.env['EVENTSTORE_URL'];

if (url === undefined) {
  test.skip('the event store port: a real EventStoreDB (EVENTSTORE_URL is not set)');
} else {
  describeEventStore({ name: 'EventStoreDB at EVENTSTORE_URL', open: () => open(url) });
}
