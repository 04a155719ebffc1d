import { expect, test } from 'vitest';
import { newUser, ownFolder, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf, enter, enterOriginal, openSocket } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';

/** All messages of a conversation, by client message id. */
async function storedIn(server: Server, user: string, conversation: string): Promise<string[]> {
  const stored: string[] = [];
  for (;;) {
    type Page = { items: { clientId: string; seq: number }[]; lastSeq: number };
    const path = `/v1/conversations/${conversation}/messages?limit=200&after=${stored.length}`;
    const { items, lastSeq } = await server.get<Page>(path, user);
    stored.push(...items.map(({ clientId }) => clientId));
    if (stored.length >= lastSeq) return stored;
  }
}

/** Keeps 50 messages under way until the socket is gone; which ids were acked. */
async function sendUntilClosed(chat: Chat, to: string): Promise<{ acked: string[]; code: number }> {
  const acked: string[] = [];
  for (let count = 0; chat.isOpen;) {
    for (const frame of chat.frames.splice(0)) if (frame.type === 'ack') acked.push(frame.id);
    while (count < acked.length + 50) chat.send({ type: 'send', id: `d${(count += 1)}`, to, msg: 'm' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const frame of chat.frames) if (frame.type === 'ack') acked.push(frame.id);
  return { acked, code: await chat.closeCode() };
}

async function manySockets(server: Server, count: number): Promise<Chat[]> {
  return Promise.all(Array.from({ length: count }, () => enter(server, newUser())));
}

test('SIGTERM closes all sockets with 4000, spread over DRAIN_MS, takes no new ones, and ends with 0', async () => {
  const server = await startServer({ DRAIN_MS: '1500' });
  const sockets = await manySockets(server, 30);
  const silent = await openSocket(server);
  const original = await enterOriginal(server, '1');
  const begun = Date.now();
  const times = [...sockets, silent, original].map(({ closed }) =>
    closed.then(({ code }) => ({ code, at: Date.now() - begun })),
  );
  server.signal('SIGTERM');
  const first = await Promise.race(times);
  expect(first.code).toBe(4000);
  await expect(openSocket(server)).rejects.toThrow();
  const closes = await Promise.all(times);
  expect(closes.map(({ code }) => code)).toEqual(closes.map(() => 4000));
  const at = closes.map((close) => close.at).sort((one, other) => one - other);
  expect(at[5]).toBeLessThan(1_000);
  expect(at[25]).toBeGreaterThan(600);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.disasters).toEqual([]);
});

test.each(['0', '400'])(
  'with DRAIN_MS=%s every command that was taken is answered before the socket is closed, however busy',
  async (DRAIN_MS) => {
    const folder = ownFolder();
    const server = await startServer({ DRAIN_MS }, folder);
    await server.register('bob');
    const chats = await Promise.all(['alice', 'carol', 'dave'].map((user) => enter(server, user)));
    const busy = chats.map((chat) => sendUntilClosed(chat, 'bob'));
    await Promise.all(chats.map((chat) => chat.next('message')));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const outcomes = await Promise.all(busy);
    const again = await startServer({}, folder);
    for (const [index, user] of ['alice', 'carol', 'dave'].entries()) {
      const { acked, code } = outcomes[index]!;
      expect(code).toBe(4000);
      const told = new Set(acked);
      const untold = (await storedIn(again, user, conversationOf(user, 'bob'))).filter((id) => !told.delete(id));
      expect({ lost: [...told].slice(0, 5), untold: untold.slice(0, 5), untoldCount: untold.length }).toEqual({
        ...{ lost: [], untold: [], untoldCount: 0 },
      });
    }
  },
);

test('SIGTERM answers the requests that are under way', async () => {
  const folder = ownFolder();
  const server = await startServer({}, folder);
  await server.register('alice', 'bob');
  const answered: string[] = [];
  const requests = Array.from({ length: 60 }, async (_, index) => {
    const body = { id: `r${index}`, to: 'bob', msg: 'm' };
    const { status } = await server.rest('POST', '/v1/messages', { as: 'alice', body });
    if (status === 201) answered.push(body.id);
  });
  await Promise.race(requests);
  expect([await server.stop(), server.log.slice(-4)]).toMatchObject([{ code: 0 }, {}]);
  await Promise.allSettled(requests);
  expect((await storedIn(await startServer({}, folder), 'alice', conversationOf('alice', 'bob'))).sort()).toEqual(
    answered.sort(),
  );
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends an idle server at once, with 0, and leaves a log that opens clean',
  async (signal) => {
    const folder = ownFolder();
    const server = await startServer({ DRAIN_MS: '10000' }, folder);
    const begun = Date.now();
    expect(await server.stop(signal)).toEqual({ code: 0, signal: null });
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect((await (await startServer({}, folder)).stop()).code).toBe(0);
  },
);
