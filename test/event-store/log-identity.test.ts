import { expect, onTestFinished, test } from 'vitest';
import { beginEpoch, ensureIdentity } from '../../src/event-store/log-identity.ts';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { ownFolder } from '../support/server.ts';

async function openLog(): Promise<EventStore> {
  const store = await openEmbeddedEventStore({
    dataDir: ownFolder(),
    onFatal(error) {
      throw error;
    },
  });
  onTestFinished(() => store.close());
  return store;
}

test.each([1, 2])('processes that begin on a new log at once agree on which one it is (read %i)', async (meanwhile) => {
  const store = await openLog();
  let reads = 0;
  let other: unknown;
  const slow = {
    appendToStream: store.appendToStream.bind(store),
    /** Another process does all that it does while this one waits for an answer. */
    async readStream(...request: Parameters<EventStore['readStream']>) {
      const answer = await store.readStream(...request);
      reads += 1;
      if (reads === meanwhile) other = await ensureIdentity(store);
      return answer;
    },
  };
  expect(await ensureIdentity(slow)).toEqual(other);
});

test('a new epoch is another one of the same log', async () => {
  const store = await openLog();
  const before = await ensureIdentity(store);
  const after = await beginEpoch(store, 'restored');
  expect(after).toMatchObject({ log: before.log });
  expect(after.epoch).not.toBe(before.epoch);
  expect(await ensureIdentity(store)).toEqual(after);
});
