import { describe, expect, test } from 'vitest';
import { newUser, sharedServer } from '../support/server.ts';
import { conversationOf, enter, openSocket } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';

const server = sharedServer();

/** What a socket is told of one user. */
async function told(chat: Chat, user: string, online: boolean) {
  const frame = await chat.take<Awaited<ReturnType<typeof chat.next<'presence'>>>>(
    (each) => each.type === 'presence' && each.users.some((one) => one.user === user && one.online === online),
    `${user} is ${online ? 'online' : 'offline'}`,
  );
  return frame.users.find((one) => one.user === user)!;
}

/** Two who have a conversation. */
async function friends(): Promise<{ a: string; b: string; conversation: string }> {
  const [a, b] = [newUser('a'), newUser('b')];
  await server().register(a, b);
  const alice = await enter(server(), a);
  await alice.say(b, 'hello');
  alice.cut();
  await alice.closed;
  return { a, b, conversation: conversationOf(a, b) };
}

describe('presence', () => {
  test('comes once after each welcome, of all who share a conversation, and then as it changes', async () => {
    const { a, b } = await friends();
    const alice = await enter(server(), a);
    const first = await told(alice, b, false);
    expect(first).toEqual({ user: b, online: false, lastSeen: null });
    const bob = await enter(server(), b);
    expect(await told(bob, a, true)).toEqual({ user: a, online: true, lastSeen: null });
    expect(await told(alice, b, true)).toEqual({ user: b, online: true, lastSeen: null });
    const before = Date.now();
    bob.cut();
    const gone = await told(alice, b, false);
    expect(gone.lastSeen).toBeGreaterThanOrEqual(before - 1_000);
    expect(gone.lastSeen).toBeLessThanOrEqual(Date.now());
  });

  test('is of a user, however many sockets there are', async () => {
    const { a, b } = await friends();
    const [one, two] = [await enter(server(), b), await enter(server(), b)];
    const alice = await enter(server(), a);
    await told(alice, b, true);
    one.cut();
    await one.closed;
    const third = await enter(server(), a);
    await told(third, b, true);
    two.cut();
    await told(alice, b, false);
  });

  test('is nothing to strangers', async () => {
    const { a, b } = await friends();
    const eve = newUser('eve');
    const stranger = await openSocket(server());
    stranger.send({ type: 'hello', user: eve });
    expect(await stranger.next('presence')).toEqual({ type: 'presence', users: [] });
    const [alice] = [await enter(server(), a), await enter(server(), b)];
    await told(alice, b, true);
    await stranger.settled();
    expect(stranger.signals).toEqual([]);
  });

  test('ends both ways where one blocks the other', async () => {
    const { a, b } = await friends();
    await server().rest('PUT', `/v1/blocks/${a}`, { as: b });
    const bob = await enter(server(), b);
    const alice = await enter(server(), a);
    expect(await told(alice, b, false)).toEqual({ user: b, online: false, lastSeen: null });
    expect(await told(bob, a, false)).toEqual({ user: a, online: false, lastSeen: null });
  });
});

describe('typing', () => {
  test('goes to the other one, and is not stored', async () => {
    const { a, b, conversation } = await friends();
    const [alice, other, bob] = [await enter(server(), a), await enter(server(), a), await enter(server(), b)];
    alice.send({ type: 'typing', conversation, on: true });
    expect(await bob.next('typing')).toEqual({ type: 'typing', conversation, user: a, on: true });
    alice.send({ type: 'typing', conversation, on: false });
    expect(await bob.next('typing')).toMatchObject({ on: false });
    await other.settled();
    expect([...alice.signals, ...other.signals].filter(({ type }) => type === 'typing')).toEqual([]);
    expect(await server().get(`/v1/conversations/${conversation}/messages`, a)).toMatchObject({
      lastSeq: 1,
      revision: 0,
    });
  });

  test('ends with the socket', async () => {
    const { a, b, conversation } = await friends();
    const [alice, bob] = [await enter(server(), a), await enter(server(), b)];
    alice.send({ type: 'typing', conversation, on: true });
    await bob.next('typing');
    alice.cut();
    expect(await bob.next('typing')).toEqual({ type: 'typing', conversation, user: a, on: false });
  });

  test('of strangers, of those who are blocked, and where nobody has written yet, goes nowhere', async () => {
    const { a, b, conversation } = await friends();
    const eve = newUser('eve');
    await server().register(eve);
    const [bob, stranger, alice] = [await enter(server(), b), await enter(server(), eve), await enter(server(), a)];
    stranger.send({ type: 'typing', conversation, on: true });
    stranger.send({ type: 'typing', conversation: conversationOf(eve, b), on: true });
    stranger.send({ type: 'typing', conversation: 'nonsense', on: true });
    await stranger.settled();
    await server().rest('PUT', `/v1/blocks/${a}`, { as: b });
    alice.send({ type: 'typing', conversation, on: true });
    await alice.settled();
    await server().rest('DELETE', `/v1/blocks/${a}`, { as: b });
    alice.send({ type: 'typing', conversation, on: false });
    // The one that may: the others came before it, had they come.
    expect(await bob.next('typing')).toEqual({ type: 'typing', conversation, user: a, on: false });
    expect(bob.signals.filter(({ type }) => type === 'typing')).toEqual([]);
  });
});
