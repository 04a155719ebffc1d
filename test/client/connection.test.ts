import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClient } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';
import { clientOf, live, onFakeTime, pass, record, settle, states } from './harness.ts';

onFakeTime();

describe('a client', () => {
  test('does nothing until it is told to connect', async () => {
    const chat = new FakeChat();
    const client = clientOf(chat);
    await pass(60_000);
    expect(client.connection.get()).toEqual({ state: 'idle' });
    expect(chat.sockets).toHaveLength(0);
    expect(chat.requests).toHaveLength(0);
  });

  test('reads the list first, and goes on from its place', async () => {
    const chat = new FakeChat();
    chat.message('b', 'a');
    const client = clientOf(chat, { username: 'Anna', device: 'phone' });
    const seen = states(client);
    client.connect();
    await settle();
    expect(chat.requests.map(({ pathname }) => pathname)).toEqual(['/v1/conversations']);
    expect(chat.socket.sent[0]).toEqual({ type: 'hello', user: 'a', username: 'Anna', device: 'phone', cursor: '1-1' });
    expect(seen).toEqual(['idle', 'connecting', 'live']);
  });

  test('is live once the frame says so that ends what was missed, and no sooner', async () => {
    const chat = new FakeChat();
    chat.intercept = (socket, { type }) => {
      if (type === 'hello')
        socket.say({ type: 'welcome', session: 's', user: 'a', cursor: '1-0', recovered: true, serverTime: 1 });
      return type === 'hello';
    };
    const client = clientOf(chat);
    client.connect();
    await pass(600);
    expect(client.connection.get().state).toBe('syncing');
    chat.socket.say({ type: 'live', cursor: '1-0' });
    await settle();
    expect(client.connection.get().state).toBe('live');
  });

  test('connects once, however often it is told to', async () => {
    const { chat, client } = await live();
    client.connect();
    client.connect();
    await settle();
    expect(chat.sockets).toHaveLength(1);
  });

  test('keeps its connection where connect follows disconnect in one turn', async () => {
    const { chat, client } = await live();
    client.disconnect();
    client.connect();
    await settle();
    expect(client.connection.get().state).toBe('live');
    expect(chat.sockets).toHaveLength(1);
    expect(chat.socket.ended).toBe(false);
  });

  test('ends its connection, as often as it is told to, and connects again', async () => {
    const { chat, client } = await live();
    client.disconnect();
    client.disconnect();
    await settle();
    expect(client.connection.get().state).toBe('idle');
    expect(chat.socket.closedByClient).toBe(true);
    client.connect();
    await settle();
    expect(client.connection.get().state).toBe('live');
  });

  test('disconnects where it goes out of scope', async () => {
    const { client } = await live();
    client[Symbol.dispose]();
    await settle();
    expect(client.connection.get().state).toBe('idle');
  });

  test.each([4000, 4001, 4008, 4009, 1006, 1011])('comes back after close code %i', async (code) => {
    const { chat, client } = await live();
    chat.socket.end(code);
    await settle();
    expect(client.connection.get()).toMatchObject({ state: 'waiting', until: Date.now() + 500 });
    await pass(500);
    expect(client.connection.get().state).toBe('live');
    expect(chat.sockets).toHaveLength(2);
  });

  test.each([4500, 4999])('stays away after close code %i, until it is told to connect', async (code) => {
    const { chat, client } = await live();
    chat.socket.end(code);
    await pass(600_000);
    expect(client.connection.get()).toMatchObject({ state: 'stopped', cause: { code: 'CLOSED' } });
    client.connect();
    await settle();
    expect(client.connection.get().state).toBe('live');
  });

  test('waits longer after each failure, 20 s at most, and from the begin after a good connection', async () => {
    const chat = new FakeChat();
    const client = clientOf(chat);
    chat.refusesConnections = true;
    client.connect();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      await settle();
      const state = client.connection.get();
      if (state.state !== 'waiting') throw new Error(state.state);
      waits.push(state.until - Date.now());
      await vi.advanceTimersByTimeAsync(state.until - Date.now() - 1);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
    chat.refusesConnections = false;
    await pass(20_000);
    expect(client.connection.get().state).toBe('live');
    await pass(6_000);
    chat.socket.end();
    await settle();
    expect(client.connection.get()).toMatchObject({ until: Date.now() + 500 });
  });

  test('counts an error without a close as the end', async () => {
    const { chat, client } = await live();
    chat.socket.onerror?.({});
    await pass(1_000);
    expect(client.connection.get().state).toBe('waiting');
  });

  test('gives a connect up after 10 s, and tries again', async () => {
    const chat = new FakeChat();
    chat.hangs = true;
    const client = clientOf(chat);
    client.connect();
    await pass(10_000);
    expect(client.connection.get()).toMatchObject({ state: 'waiting', cause: { code: 'TIMEOUT' } });
    chat.hangs = false;
    await pass(500);
    expect(client.connection.get().state).toBe('live');
  });

  test('does not listen to what an old socket still says', async () => {
    const { chat, client } = await live();
    const old = chat.socket;
    const { onmessage, onclose } = old;
    client.disconnect();
    await settle();
    client.connect();
    await settle();
    const told = record(client, 'message');
    onmessage?.({ data: JSON.stringify({ type: 'error', code: 'X', message: '', temporary: false }) });
    onclose?.({ code: 4500, reason: '' });
    await settle();
    expect(client.connection.get().state).toBe('live');
    expect(told).toEqual([]);
  });

  test('asks a silent server for a sign of life, and comes back at once where there is none', async () => {
    const { chat, client } = await live();
    await pass(25_000);
    expect(chat.socket.of('ping')).toHaveLength(1);
    expect(client.connection.get().state).toBe('live');
    chat.intercept = (_, { type }) => type === 'ping';
    await pass(35_000);
    expect(chat.sockets).toHaveLength(2);
    expect(client.connection.get().state).toBe('live');
  });

  test('takes a timer that comes far too late for a sleep, and no death', async () => {
    const { chat, client } = await live();
    chat.intercept = (_, { type }) => type === 'ping';
    await pass(25_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(10_000);
    expect(chat.sockets).toHaveLength(1);
    expect(chat.socket.of('ping')).toHaveLength(2);
    await pass(3_000);
    expect(chat.sockets).toHaveLength(2);
    expect(client.connection.get().state).toBe('live');
  });

  test('asks a silent server for a sign of life where the clock was set back, too', async () => {
    const { chat, client } = await live();
    vi.setSystemTime(Date.now() - 3_600_000);
    await pass(25_000);
    expect(chat.socket.of('ping')).toHaveLength(1);
    chat.intercept = (_, { type }) => type === 'ping';
    await pass(35_000);
    expect(chat.sockets).toHaveLength(2);
    expect(client.connection.get().state).toBe('live');
  });

  test('says what is wrong with a frame that is none, and stays', async () => {
    const { chat, client } = await live();
    const errors = record(client, 'error');
    chat.socket.onmessage?.({ data: 'no JSON' });
    chat.socket.say({ type: 'newer', and: 'more' });
    await settle();
    expect(errors).toMatchObject([{ code: 'BAD_SERVER_FRAME' }]);
    expect(client.connection.get().state).toBe('live');
  });

  test('leaves no listener behind after 1,000 connects and disconnects', async () => {
    const listeners = new Set<unknown>();
    let most = 0;
    vi.stubGlobal('document', { visibilityState: 'visible' });
    vi.stubGlobal('addEventListener', (_: string, listener: unknown) => {
      listeners.add(listener);
      most = Math.max(most, listeners.size);
    });
    vi.stubGlobal('removeEventListener', (_: string, listener: unknown) => listeners.delete(listener));
    const chat = new FakeChat();
    const client = clientOf(chat);
    for (let i = 0; i < 1_000; i += 1) {
      client.connect();
      await settle();
      client.disconnect();
      await settle();
    }
    vi.unstubAllGlobals();
    expect(chat.sockets).toHaveLength(1_000);
    expect(most).toBe(1);
    expect(listeners.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('refuses what can never be a URL, and to be without WebSocket', () => {
    const { WebSocket } = new FakeChat();
    expect(() => createClient({ WebSocket, url: 'nowhere', user: 'a' })).toThrow(TypeError);
  });

  test.each([
    ['http://host:9092', 'ws://host:9092/v1/ws', 'http://host:9092/v1/conversations'],
    ['https://host/chat/', 'wss://host/chat/v1/ws', 'https://host/chat/v1/conversations'],
    ['ws://host:9092/v1/ws', 'ws://host:9092/v1/ws', 'http://host:9092/v1/conversations'],
  ])('finds socket and REST of %s', async (url, socket, list) => {
    const chat = new FakeChat();
    const urls: string[] = [];
    const WebSocket = class extends chat.WebSocket {
      constructor(address: string) {
        super(address);
        urls.push(address);
      }
    };
    await live(chat, { url, WebSocket });
    expect(urls).toEqual([socket]);
    expect(chat.requests[0]?.href.split('?')[0]).toBe(list);
  });
});

describe('a page that wakes', () => {
  async function page() {
    const listeners = new Map<string, (event: { type: string }) => void>();
    const document = { visibilityState: 'visible' };
    vi.stubGlobal('document', document);
    vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener));
    vi.stubGlobal('removeEventListener', (name: string) => listeners.delete(name));
    onTestFinished(() => void vi.unstubAllGlobals());
    const made = await live();
    return { ...made, document, wake: (type = 'online') => listeners.get(type)?.({ type }) };
  }

  test('asks for a sign of life, and comes back within 3 s where there is none', async () => {
    const { chat, client, wake } = await page();
    chat.intercept = (_, { type }) => type === 'ping';
    wake();
    await pass(2_999);
    expect(chat.sockets).toHaveLength(1);
    await pass(1);
    expect(chat.sockets).toHaveLength(2);
    expect(client.connection.get().state).toBe('live');
  });

  test('is one that is shown, not one that is hidden', async () => {
    const { chat, document, wake } = await page();
    document.visibilityState = 'hidden';
    wake('visibilitychange');
    await settle();
    expect(chat.socket.of('ping')).toEqual([]);
    document.visibilityState = 'visible';
    wake('visibilitychange');
    await settle();
    expect(chat.socket.of('ping')).toHaveLength(1);
  });

  test('does not wait for the next try', async () => {
    const { chat, client, wake } = await page();
    chat.socket.end();
    await settle();
    wake();
    await settle();
    expect(client.connection.get().state).toBe('live');
  });
});
