import { setImmediate as turn } from 'node:timers/promises';
import { START, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamResolvedEvent, AllStreamSubscription } from '@eventstore/db-client';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { EventBatch, RecordedEvent, SubscribeOptions } from '../event-store.ts';
import type { Link, Links } from './links.ts';
import { toRecordedEvent } from './recorded-event.ts';
import { watchLink } from './watch.ts';

const defaultBatch = 1_000;
/** Events of other streams that the server passes over between two messages to us. */
const searchWindow = 1_000;
/** Milliseconds that the server may take to confirm a subscription. */
const confirmWithin = 5_000;

/**
 * The log from a position on. Nothing is read ahead but `maxBatch` events in db-client's buffer and what the connection
 * holds; beyond that the server waits.
 */
export async function* followLog(links: Links, options: SubscribeOptions): AsyncGenerator<EventBatch> {
  const { after, prefixes, signal, maxBatch = defaultBatch } = options;
  if (signal.aborted) return;
  const link = links.current();
  const subscription = link.connection.client.subscribeToAll(
    {
      fromPosition: after === 0 ? START : { commit: BigInt(after), prepare: BigInt(after) },
      filter: streamNameFilter({ prefixes: [...prefixes], maxSearchWindow: searchWindow }),
    },
    { highWaterMark: maxBatch },
  );
  const inbox = createInbox(subscription, link);
  const over = AbortSignal.any([signal, link.lost]);
  const wake = (): void => inbox.wake();
  over.addEventListener('abort', wake);
  const unwatch = watchLink(link);
  try {
    for (let told = false; !isAborted(signal);) {
      const batch = inbox.take(maxBatch);
      if (batch.events.length > 0 || (batch.caughtUp && !told)) {
        told = batch.caughtUp;
        yield batch;
        continue;
      }
      if (isAborted(link.lost)) throw link.lost.reason;
      inbox.throwIfFailed();
      await inbox.wait();
      // What came in one read of the socket makes one batch.
      await turn();
    }
  } finally {
    unwatch();
    over.removeEventListener('abort', wake);
    inbox.end();
  }
}

/** Read anew: TypeScript believes that a property stays what it was before an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

interface Inbox {
  /** What is there, up to a limit. */
  take(most: number): EventBatch;
  /** Until something may have come. */
  wait(): Promise<void>;
  wake(): void;
  throwIfFailed(): void;
  end(): void;
}

function createInbox(subscription: AllStreamSubscription, link: Link): Inbox {
  let failure: Error | undefined;
  let taken = 0;
  /** So many events came before the server said that there is no more. */
  let caughtUpAt = Number.POSITIVE_INFINITY;
  let awake = false;
  let wakeUp: (() => void) | undefined;

  function wake(): void {
    awake = true;
    wakeUp?.();
  }

  function fail(error: Error): void {
    if (failure !== undefined) return;
    failure = new EventStoreUnavailableError(`the subscription was lost: ${error.message}`, { cause: error });
    wake();
  }

  const unconfirmed = setTimeout(() => {
    const error = new Error(`a subscription was not confirmed within ${confirmWithin} ms`);
    fail(error);
    link.drop(error);
  }, confirmWithin);
  subscription.on('confirmation', () => {
    clearTimeout(unconfirmed);
    link.heardAt = performance.now();
  });
  subscription.on('readable', wake);
  // Told while the events before it are still in the buffer: it counts once they are taken.
  subscription.on('caughtUp', () => {
    caughtUpAt = Math.min(caughtUpAt, taken + subscription.readableLength);
    wake();
  });
  subscription.on('fellBehind', () => (caughtUpAt = Number.POSITIVE_INFINITY));
  // db-client emits an error and nothing else: no end, no close, not even destroyed.
  subscription.on('error', fail);
  subscription.on('end', () => fail(new Error('the server ended it')));

  return {
    take(most) {
      awake = false;
      const events: RecordedEvent[] = [];
      while (events.length < most) {
        const resolved = subscription.read() as AllStreamResolvedEvent | null;
        if (resolved === null) break;
        taken += 1;
        if (resolved.event !== undefined) events.push(toRecordedEvent(resolved.event));
      }
      if (events.length > 0) link.heardAt = performance.now();
      return { events, caughtUp: taken >= caughtUpAt && subscription.readableLength === 0 };
    },
    async wait() {
      if (!awake) await new Promise<void>((resolve) => (wakeUp = resolve));
    },
    wake,
    throwIfFailed() {
      if (failure !== undefined) throw failure;
    },
    end() {
      clearTimeout(unconfirmed);
      subscription.unsubscribe().catch(() => undefined);
    },
  };
}
