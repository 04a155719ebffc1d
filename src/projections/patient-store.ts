import { setTimeout as delay } from 'node:timers/promises';
import type { EventBatch, EventStore, SubscribeOptions } from '../event-store/event-store.ts';
import { backOff } from '../shared/back-off.ts';
import { insist, isTemporary } from '../shared/insist.ts';

/** Milliseconds that a store may be away from somebody who has read for hours. */
const patienceMs = 120_000;

/** The same log for reading: where the store is lost, it is asked again from where it was, for a while. */
export function patientStore(store: EventStore, signal?: AbortSignal): EventStore {
  const options = { withinMs: patienceMs, signal };
  return {
    ...store,
    lastPosition: () => insist(store.lastPosition, options),
    readStream: (...read) => insist(() => store.readStream(...read), options),
    subscribeToAll: (subscribe) => followPatiently(store, subscribe),
  };
}

async function* followPatiently(store: EventStore, options: SubscribeOptions): AsyncGenerator<EventBatch> {
  let { after } = options;
  let heardAt = performance.now();
  for (let failures = 1; ; failures += 1) {
    try {
      for await (const batch of store.subscribeToAll({ ...options, after })) {
        failures = 0;
        yield batch;
        after = batch.events.at(-1)?.position ?? after;
        heardAt = performance.now();
      }
      return;
    } catch (error) {
      if (!isTemporary(error) || performance.now() - heardAt > patienceMs) throw error;
      await delay(backOff(failures, { first: 100 }), undefined, { signal: options.signal });
    }
  }
}
