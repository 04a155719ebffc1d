import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import { collect } from '../../src/event-store/eventstoredb/collect.ts';
import type { Link } from '../../src/event-store/eventstoredb/links.ts';
import { newestRequest } from '../../src/event-store/eventstoredb/read-request.ts';
import { until } from '../support/until.ts';

/** A link over which each read brings one event and ends. */
function aLink(onOpen = (): void => undefined): Link {
  const openStream = (): Promise<EventEmitter> => {
    onOpen();
    const call = Object.assign(new EventEmitter(), { cancel: () => undefined });
    setImmediate(() => {
      call.emit('data', { event: {} });
      call.emit('end');
    });
    return Promise.resolve(call);
  };
  const connection = { openStream } as unknown as Link['connection'];
  return { connection, lost: new AbortController().signal, heardAt: 0, drop: () => undefined };
}

test('what a read brought is let go of while its link lives on', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const link = aLink();
  const read = async (): Promise<WeakRef<readonly object[]>> => {
    const events = await collect(link, newestRequest(), { withinMs: 60_000, most: 2 });
    expect(events).toHaveLength(1);
    return new WeakRef(events);
  };
  const events = await read();
  await until(() => {
    gc();
    return events.deref() === undefined;
  }, 'its events are gone');
  expect(link.lost.aborted).toBe(false);
});

test('over a link that was lost nothing is opened: db-client would connect anew, and nobody would close that', async () => {
  let opened = 0;
  const lost = new EventStoreUnavailableError('the event store was lost');
  const link = { ...aLink(() => (opened += 1)), lost: AbortSignal.abort(lost) };
  await expect(collect(link, newestRequest(), { withinMs: 60_000, most: 1 })).rejects.toBe(lost);
  expect(opened).toBe(0);
});
