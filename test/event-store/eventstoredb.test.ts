import { describe, test } from 'vitest';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { describeEventStore } from '../contract/event-store.ts';
import { sharedStandIn } from '../support/stand-in.ts';

describe('over the stand-in', () => {
  const standIn = sharedStandIn();
  describeEventStore({
    name: 'EventStoreDB, the stand-in',
    open: () => openEventStoreDb({ url: standIn().url }),
  });
});

const url = process.env['EVENTSTORE_URL'];

if (url === undefined) {
  test.skip('the event store port: a real EventStoreDB (EVENTSTORE_URL is not set)');
} else {
  describeEventStore({ name: 'EventStoreDB at EVENTSTORE_URL', open: () => openEventStoreDb({ url }) });
}
