import { onTestFinished, test } from 'vitest';
import { openEventStoreDb } from '../dist/event-store/eventstoredb/eventstoredb-event-store.js';
import { describeEventStore } from './contract/event-store.ts';

const url = process.env['EVENTSTORE_URL'];

if (url === undefined) {
  test.skip('a real EventStoreDB: EVENTSTORE_URL is not set');
} else {
  describeEventStore({
    name: 'EventStoreDB at EVENTSTORE_URL',
    async open() {
      const store = await openEventStoreDb({ url });
      onTestFinished(() => store.close());
      return store;
    },
  });
}
