import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Promises } from '../support/ledger.ts';
import { ownFolder, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { thorough } from '../support/thorough.ts';
import { until } from '../support/until.ts';

const rounds = thorough ? 10 : 4;

test(`killed ${rounds} times in a row under load: every acked message is there once, without a gap`, async () => {
  const folder = ownFolder();
  const senders = [
    new Promises('alice', 'bob'),
    new Promises('bob', 'carol'),
    new Promises('carol', 'carol'),
    new Promises('dave', 'alice'),
  ];
  for (let round = 0; round < rounds; round += 1) {
    const server = await startServer({}, folder);
    await server.register('alice', 'bob', 'carol', 'dave');
    if (round > 0) for (const sender of senders) await sender.expectKept(server);
    const chats = await Promise.all(senders.map(({ user }) => enter(server, user)));
    const before = senders[0]!.acked.size;
    const sending = senders.map((sender, index) => sender.keepSending(chats[index]!, 100_000));
    await until(() => senders[0]!.acked.size > before + 40 * (round + 1), 'some are acked', { everyMs: 1 });
    await server.stop('SIGKILL');
    await Promise.all(sending);
    expect(server.disasters).toEqual([]);
  }
  const server = await startServer({}, folder);
  const chats = await Promise.all(senders.map(({ user }) => enter(server, user)));
  await Promise.all(senders.map((sender, index) => sender.keepSending(chats[index]!, 10)));
  for (const sender of senders) {
    expect(sender.open.size).toBe(0);
    await sender.expectKept(server);
  }
  expect(await server.get('/readyz')).toMatchObject({ ready: true });
});

test('stopped for three seconds and woken: sockets live on, everything is acked and nothing is lost', async () => {
  const server = await startServer();
  await server.register('bob');
  const [alice, bob] = [await enter(server, 'alice'), await enter(server, 'bob')];
  const sender = new Promises('alice', 'bob');
  await sender.keepSending(alice, 50);
  server.signal('SIGSTOP');
  const sending = sender.keepSending(alice, 500);
  await delay(3_000);
  expect(sender.acked.size).toBe(50);
  server.signal('SIGCONT');
  await sending;
  await sender.expectKept(server);
  for (let revision = 0; revision < 550; revision += 1) expect((await bob.next('message')).revision).toBe(revision);
  expect(server.disasters).toEqual([]);
});
