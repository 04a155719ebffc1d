import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { createClient, directConversation } from '../../packages/client/src/index.ts';
import type { Client, ClientOptions } from '../../packages/client/src/index.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { newUser, sharedServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/* The same client over the real gateway, by way of a network that breaks. */

const server = sharedServer();
const clients: Client[] = [];
const proxies: FaultProxy[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const proxy of proxies.splice(0)) proxy.close();
});

async function throughProxy(): Promise<FaultProxy> {
  const proxy = await FaultProxy.start(server().wsPort);
  proxies.push(proxy);
  return proxy;
}

function clientOf(user: string, options: Partial<ClientOptions> = {}): Client {
  const url = server().sockets;
  const client = createClient({
    url,
    restUrl: server().api,
    WebSocket,
    random: () => 0.02,
    user,
    ...options,
  } as ClientOptions);
  clients.push(client);
  client.connect();
  return client;
}

/** Client and what it was told. */
function listener(user: string, options: Partial<ClientOptions> = {}) {
  const client = clientOf(user, options);
  const told: string[] = [];
  client.on('message', ({ msg }) => told.push(msg));
  return { client, told };
}

const up = ({ connection }: Client): boolean => ['syncing', 'live'].includes(connection.get().state);

async function pair(options: Partial<ClientOptions> = {}) {
  const [a, b] = [newUser('a'), newUser('b')];
  await server().register(a, b);
  const one = listener(a, options);
  const other = listener(b, options);
  await until(() => up(one.client) && up(other.client), 'both are there');
  return { a, b, one, other, conversation: directConversation(a, b) };
}

describe('over the real gateway', () => {
  test('messages and read marks go both ways', async () => {
    const { a, b, one, other, conversation } = await pair();
    expect(await one.client.send({ to: b, msg: 'hi' })).toMatchObject({ conversation, seq: 1 });
    await until(() => other.told.length === 1, 'it has come');
    expect(await other.client.send({ to: a, msg: 'hello' })).toMatchObject({ conversation, seq: 2 });
    await until(() => one.told.length === 2, 'the answer has come');
    one.client.markRead(conversation, 2);
    const row = (client: Client) => client.conversations.get().find(({ id }) => id === conversation);
    await until(() => row(other.client)?.peerReadSeq === 2, 'the mark has come');
    expect(row(one.client)).toMatchObject({ unread: 0, revision: 2, lastSeq: 2, peer: { id: b } });
    expect(one.client.stats.gaps + other.client.stats.gaps).toBe(0);
  });

  test('history comes page by page', async () => {
    const { b, one, conversation } = await pair();
    for (let i = 0; i < 5; i += 1) await one.client.send({ to: b, msg: String(i) });
    const seqs: number[] = [];
    const room = one.client.conversation(conversation);
    for await (const page of room.history({ limit: 2 })) seqs.push(...page.map(({ seq }) => seq));
    expect(seqs).toEqual([5, 4, 3, 2, 1]);
    expect(room.get().messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  test('what is refused is told', async () => {
    const { one } = await pair();
    await expect(one.client.send({ to: 'nobody-at-all', msg: 'hi' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
  });
});

describe('over a network that breaks', () => {
  test('connections cut after any number of bytes lose, double and disorder nothing', async () => {
    const proxy = await throughProxy();
    const { a, b, one, other } = await pair({ url: proxy.url });
    // Each connection lives a little longer than the one before.
    let bytes = 150;
    proxy.cutAfter = () => (bytes += 37);
    proxy.cut();
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i += 1) {
      sent.push(one.client.send({ to: b, msg: `a${i}` }), other.client.send({ to: a, msg: `b${i}` }));
    }
    await Promise.all(sent);
    await until(() => one.told.length >= 80 && other.told.length >= 80, 'all has come');
    for (const { told } of [one, other]) {
      expect(told).toHaveLength(80);
      for (const side of ['a', 'b']) {
        expect(told.filter((msg) => msg.startsWith(side))).toEqual(Array.from({ length: 40 }, (_, i) => `${side}${i}`));
      }
    }
    expect(one.told).toEqual(other.told);
    expect(one.client.stats.gaps + other.client.stats.gaps).toBe(0);
    expect(proxy.connections).toBeGreaterThan(10);
  });

  test('a reset in the middle of it is mended, as is a network that is away for a while', async () => {
    const proxy = await throughProxy();
    const { b, one, other } = await pair({ url: proxy.url });
    proxy.refuses = true;
    proxy.cut();
    await until(() => one.client.connection.get().state === 'waiting', 'the break is seen');
    const sent = one.client.send({ to: b, msg: 'while away' });
    const before = proxy.connections;
    await until(() => proxy.connections > before + 2, 'it was tried a few times');
    proxy.refuses = false;
    await sent;
    await until(() => other.told.length === 1, 'it has come');
    expect(other.told).toEqual(['while away']);
  });
});

describe('where nobody listens', () => {
  /** A port that is free. */
  async function freePort(): Promise<number> {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    listening.close();
    return port;
  }

  test('a refused connect is seen at once, and tried again', async () => {
    const client = clientOf(newUser(), { url: `ws://127.0.0.1:${await freePort()}` });
    await until(() => client.connection.get().state === 'waiting', 'the refusal is seen', { withinMs: 9_000 });
  });

  const platform = (globalThis as { WebSocket?: ClientOptions['WebSocket'] }).WebSocket;

  test.skipIf(platform === undefined)('as it is with the WebSocket of Node itself (from Node 22)', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`;
    const client = clientOf(newUser(), { url, WebSocket: platform! });
    await until(() => client.connection.get().state === 'waiting', 'the refusal is seen', { withinMs: 9_000 });
  });
});
