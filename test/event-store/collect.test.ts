import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { collect } from '../../src/event-store/eventstoredb/collect.ts';
import type { Link } from '../../src/event-store/eventstoredb/links.ts';
import { newestRequest } from '../../src/event-store/eventstoredb/read-request.ts';
import { until } from '../support/until.ts';

/** A link over which each read brings one event and ends. */
function aLink(): Link {
  const openStream = (): Promise<EventEmitter> => {
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
