import { expect, test, vi } from 'vitest';
import { FakeChat } from '../support/fake-chat.ts';
import { clientOf, live, onFakeTime, pass, settle } from './harness.ts';

onFakeTime();

const ab = 'dm~a~b';

test('presence is that of the snapshot, then changes, and unknown while not live', async () => {
  const { chat, client } = await live();
  expect([...client.presence.get().values()]).toEqual([{ user: 'b', online: true, lastSeen: 7 }]);
  expect(client.presence.get()).toBe(client.presence.get());
  chat.socket.say({ type: 'presence', users: [{ user: 'c', online: false, lastSeen: null }] });
  chat.socket.say({ type: 'presence', users: [{ user: 'b', online: false, lastSeen: 9 }] });
  await settle();
  expect(client.presence.get().get('b')).toEqual({ user: 'b', online: false, lastSeen: 9 });
  expect(client.presence.get().size).toBe(2);
  chat.socket.end();
  await settle();
  expect(client.presence.get().size).toBe(0);
  await pass(500);
  expect([...client.presence.get().keys()]).toEqual(['b']);
});

test('typing is repeated every 4 s, until it stops, a message is sent, or the connection ends', async () => {
  const { chat, client } = await live();
  const said = (): unknown[] => chat.socket.of('typing').map(({ on }) => on);
  const room = client.conversation(ab);
  room.typing(true);
  room.typing(true);
  await pass(8_000);
  expect(said()).toEqual([true, true, true]);
  room.typing(false);
  room.typing(false);
  await pass(60_000);
  expect(said()).toEqual([true, true, true, false]);
  room.typing(true);
  await room.send('hi');
  await pass(60_000);
  expect(said()).toEqual([true, true, true, false, true]);
  room.typing(true);
  chat.socket.end();
  await pass(60_000);
  expect(said()).toEqual([]);
});

test('typing that nobody could be told of ends with a disconnect', async () => {
  const client = clientOf(new FakeChat());
  client.conversation(ab).typing(true);
  client.disconnect();
  await settle();
  expect(vi.getTimerCount()).toBe(0);
});

test('who types is dropped after 8 s, by a message of theirs, by word, and with the connection', async () => {
  const { chat, client } = await live();
  const types = (user: string, on = true): void => chat.socket.say({ type: 'typing', conversation: ab, user, on });
  const room = client.conversation(ab);
  const now = (): readonly string[] => room.get().typing;
  types('b');
  await pass(7_000);
  types('b');
  await pass(7_999);
  expect(now()).toEqual(['b']);
  await pass(1);
  expect(now()).toEqual([]);
  types('b');
  await settle();
  expect(now()).toEqual(['b']);
  chat.message('b', 'a');
  await settle();
  expect(now()).toEqual([]);
  types('b');
  types('b', false);
  await settle();
  expect(now()).toEqual([]);
  types('b');
  await settle();
  chat.socket.end();
  await settle();
  expect(now()).toEqual([]);
});
