import { expect, test } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { within } from '../support/until.ts';
import { commandsOver, openStore } from './support.ts';

const silent = (): Promise<never> => new Promise(() => undefined);
const gone = (): Promise<never> => Promise.reject(new EventStoreUnavailableError('no answer'));

test.each([
  ['gives no answer', silent],
  ['says that it cannot', gone],
])('whoever asks for a user while the event store %s is told that it is unavailable, in time', async (_, answer) => {
  const working = await openStore();
  const store: EventStore = { ...working, readStream: answer };
  const commands = await commandsOver(store, { commandTimeoutMs: 50 });
  const asking: Promise<unknown>[] = [
    commands.findUser('nobody'),
    commands.blocksOf('nobody'),
    Promise.resolve(commands.sessionsEnded('nobody')),
    commands.setBlock('nobody', 'another', true),
    commands.registerUser({ id: 'nobody', username: 'n', avatar: null }),
  ];
  for (const told of await within(Promise.allSettled(asking), 'the answers')) {
    expect(told).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE', temporary: true } });
  }
});
