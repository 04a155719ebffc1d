import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import { createRemotePresence } from '../../src/gateway/remote-presence.ts';
import type { RemotePresence } from '../../src/gateway/remote-presence.ts';
import { createSignals } from '../../src/gateway/signals.ts';
import { createLogger } from '../../src/shared/logger.ts';
import { openStore } from '../commands/support.ts';
import { until } from '../support/until.ts';

/** One of several gateways: who is online with it, and what it knows of the others. */
function gateway(gatewayId: string, store: EventStore) {
  const users = new Set<string>();
  const signals = createSignals({
    store,
    gatewayId,
    logger: createLogger('silent'),
    onSignal: (from, signal) => remote.heard(from, signal),
    onGap: () => remote.again(),
  });
  const remote: RemotePresence = createRemotePresence({ signals, here: () => users, onChange: () => undefined });
  onTestFinished(async () => {
    remote.stop();
    await signals.stop();
  });
  return {
    sees: (user: string) => remote.isOnline(user),
    come(...those: string[]): void {
      for (const user of those) users.add(user);
      signals.tell({ type: 'presence', users: those.map((user) => ({ user, online: true, lastSeen: null })) });
    },
  };
}

const away = () => new EventStoreUnavailableError('away');

test('a gateway that begins learns who is online with another one, however many they are', async () => {
  const store = await openStore();
  const sizes: number[] = [];
  const watched: EventStore = {
    ...store,
    appendToStream(stream, events, expected) {
      sizes.push(JSON.stringify(events).length);
      return store.appendToStream(stream, events, expected);
    },
  };
  const users = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);
  const first = gateway('first', watched);
  first.come('someone');
  await until(() => sizes.length > 1, 'it has begun');
  for (const user of users) first.come(user);
  const second = gateway('second', store);
  await until(() => users.every((user) => second.sees(user)), 'all are seen');
  expect(Math.max(...sizes)).toBeLessThan(512 * 1024);
});

test('what a gateway could not tell is told once it can', async () => {
  const store = await openStore();
  let broken = 0;
  let out = false;
  const failing: EventStore = {
    ...store,
    appendToStream(stream, events, expected) {
      if (!out) return store.appendToStream(stream, events, expected);
      broken += 1;
      return Promise.reject(away());
    },
  };
  const [first, second] = [gateway('first', failing), gateway('second', store)];
  first.come('a');
  await until(() => second.sees('a'), 'one is seen');
  out = true;
  first.come('b');
  await until(() => broken > 0, 'it could not be told');
  out = false;
  first.come('c');
  await until(() => second.sees('b'), 'it was told after all');
  expect([second.sees('a'), second.sees('c')]).toEqual([true, true]);
});

test('what a gateway could not hear is asked for once it can', async () => {
  const store = await openStore();
  let lose: (() => void) | undefined;
  let back: (() => void) | undefined;
  const deaf: EventStore = {
    ...store,
    async *subscribeToAll(options) {
      const lost = new AbortController();
      lose = () => lost.abort();
      yield* store.subscribeToAll({ ...options, signal: AbortSignal.any([options.signal, lost.signal]) });
      if (lost.signal.aborted) throw away();
    },
    async lastPosition() {
      if (lose !== undefined) await new Promise<void>((resolve) => (back = resolve));
      const event = { id: randomUUID(), type: 'Tested', data: {}, metadata: { schemaVersion: 1 } };
      const { position } = await store.appendToStream(`conversation-${randomUUID()}`, [event], 'no_stream');
      return position;
    },
  };
  const [first, second] = [gateway('first', store), gateway('second', deaf)];
  first.come('a');
  await until(() => second.sees('a'), 'one is seen');
  lose?.();
  await until(() => back !== undefined, 'it hears nothing');
  first.come('b');
  await until(async () => {
    const [newest] = await store.readStream('signal-first', { direction: 'backwards', maxCount: 1 });
    return JSON.stringify(newest?.data).includes('"b"');
  }, 'it was told');
  expect(second.sees('b')).toBe(false);
  back?.();
  await until(() => second.sees('b'), 'it heard after all');
});
