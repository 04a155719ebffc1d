import { expect, onTestFinished } from 'vitest';
import { openEmbeddedEventStore } from '../dist/event-store/embedded/embedded-event-store.js';
import { describeEventStore } from './contract/event-store.ts';
import { temporaryFolder } from './support/folder.ts';

describeEventStore({
  name: 'embedded',
  async open() {
    const dataDir = temporaryFolder();
    const store = await openEmbeddedEventStore({ dataDir, onFatal: (error) => expect.fail(error.message) });
    onTestFinished(() => store.close());
    return store;
  },
});
