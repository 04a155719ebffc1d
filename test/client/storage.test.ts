import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient, indexedDbStorage, storageOn } from '../../packages/client/src/index.ts';
import type { Client, KeptMessage, Shelf, Storage } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';
import { until } from '../support/until.ts';

const clients: Client[] = [];

/** What these tests do with it. Its own types want a browser's. */
interface Factory {
  open: (name: string, version: number) => object;
  deleteDatabase: (name: string) => { onsuccess: unknown };
}
const factory = globalThis as unknown as { indexedDB: Factory };
const newFactory = (): Factory => new (IDBFactory as unknown as new () => Factory)();

beforeEach(() => {
  factory.indexedDB = newFactory();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
  vi.unstubAllGlobals();
});

/** A page of user a. */
function page(chat: FakeChat, storage: Storage = indexedDbStorage()): Client {
  const { fetch, WebSocket } = chat;
  const client = createClient({ url: 'http://chat', user: 'a', fetch, WebSocket, storage, random: () => 0 });
  clients.push(client);
  return client;
}

/** A shelf in memory, and what is on it. */
function memoryShelf() {
  const kept = new Map<string, KeptMessage>();
  const shelf: Shelf = {
    load: (user) => Promise.resolve([...kept.values()].filter((message) => message.user === user)),
    put: (message) => {
      kept.set(message.id, message);
      return Promise.resolve();
    },
    remove: (id) => {
      kept.delete(id);
      return Promise.resolve();
    },
  };
  return { kept, shelf };
}

/** Web Locks of one browser. `close` is what happens to the locks of a page that goes. */
function stubLocks() {
  const held = new Map<string, Promise<unknown>>();
  vi.stubGlobal('navigator', {
    locks: {
      request(name: string, { signal }: { signal: AbortSignal }, run: () => Promise<unknown>) {
        const before = held.get(name) ?? Promise.resolve();
        const mine = before.then(() => (signal.aborted ? undefined : run()));
        held.set(name, mine);
        return mine;
      },
    },
  });
}

const silent = (chat: FakeChat): void => {
  chat.intercept = (_, { type }) => type === 'send';
};

const texts = (client: Client): string[] => client.pending.get().map(({ msg }) => msg);

describe('messages that wait', () => {
  test('survive a reload, in their order, and go away once they are sent', async () => {
    const chat = new FakeChat();
    silent(chat);
    const first = page(chat);
    first.connect();
    for (const msg of ['1', '2', '3']) void first.send({ to: 'b', msg });
    expect(first.pending.get().map(({ kept }) => kept)).toEqual([false, false, false]);
    await until(() => first.pending.get().every(({ kept }) => kept), 'all are kept');
    const ids = first.pending.get().map(({ clientId }) => clientId);
    first.disconnect();
    await until(() => first.connection.get().state === 'idle', 'the page is gone');
    const second = page(chat);
    second.connect();
    await until(() => texts(second).length === 3, 'they are back');
    expect(second.pending.get().map(({ clientId, kept }) => [clientId, kept])).toEqual(ids.map((id) => [id, true]));
    chat.intercept = () => false;
    chat.socket.end();
    await until(() => texts(second).length === 0, 'they are sent');
    expect(chat.messages('dm~a~b').map(({ msg, clientId }) => [msg, clientId])).toEqual([
      ['1', ids[0]],
      ['2', ids[1]],
      ['3', ids[2]],
    ]);
    const third = page(new FakeChat());
    third.connect();
    await until(() => third.connection.get().state === 'live', 'a third page is live');
    expect(texts(third)).toEqual([]);
  });

  test('of one user are not those of another', async () => {
    const { shelf, kept } = memoryShelf();
    kept.set('x', { id: 'x', user: 'other', tab: 't', order: 0, sendDate: 1, to: 'b', msg: 'not mine' });
    const client = page(new FakeChat(), storageOn(shelf));
    client.connect();
    await until(() => client.connection.get().state === 'live', 'it is live');
    expect(texts(client)).toEqual([]);
  });

  test('are kept as soon as it is known who the user is', async () => {
    const { shelf, kept } = memoryShelf();
    const chat = new FakeChat();
    silent(chat);
    const { fetch, WebSocket } = chat;
    const client = createClient({ url: 'http://chat', token: 'a', fetch, WebSocket, storage: storageOn(shelf) });
    clients.push(client);
    void client.send({ to: 'b', msg: 'early' });
    expect(client.pending.get()).toMatchObject([{ conversation: undefined, kept: false }]);
    client.connect();
    await until(() => kept.size === 1, 'it is kept');
    expect(client.pending.get()).toMatchObject([{ conversation: 'dm~a~b', kept: true }]);
    expect([...kept.values()]).toMatchObject([{ user: 'a', msg: 'early' }]);
  });

  test('are left on the shelf no longer once they are refused for good or taken back', async () => {
    const { shelf, kept } = memoryShelf();
    const chat = new FakeChat();
    chat.intercept = (socket, { type, id, msg }) => {
      if (msg === 'bad') socket.say({ type: 'error', id, code: 'BLOCKED', message: 'no', temporary: false });
      return type === 'send';
    };
    const client = page(chat, storageOn(shelf));
    client.connect();
    await expect(client.send({ to: 'b', msg: 'bad' })).rejects.toMatchObject({ code: 'BLOCKED' });
    const other = client.send({ to: 'c', msg: 'other' });
    client.discard(client.pending.get()[1]!.clientId);
    await expect(other).rejects.toMatchObject({ code: 'DISCARDED' });
    await until(() => kept.size === 0, 'the shelf is empty');
    expect(texts(client)).toEqual(['bad']);
  });
});

describe('tabs', () => {
  test('send what a closed tab left, and not what an open one has', async () => {
    stubLocks();
    const { shelf } = memoryShelf();
    const chat = new FakeChat();
    silent(chat);
    const one = page(chat, storageOn(shelf));
    const two = page(chat, storageOn(shelf));
    one.connect();
    void one.send({ to: 'b', msg: 'from one' });
    await until(() => one.pending.get()[0]?.kept === true, 'it is kept');
    two.connect();
    await until(() => two.connection.get().state === 'live', 'the other tab is live');
    expect(texts(two)).toEqual([]);
    one.disconnect();
    await until(() => texts(two).length === 1, 'the other tab has it');
    chat.intercept = () => false;
    chat.socket.end();
    await until(() => texts(two).length === 0, 'it is sent');
    expect(chat.messages('dm~a~b')).toHaveLength(1);
  });

  test('without locks all send it, and it is stored once', async () => {
    const { shelf } = memoryShelf();
    const chat = new FakeChat();
    silent(chat);
    const one = page(chat, storageOn(shelf));
    one.connect();
    void one.send({ to: 'b', msg: 'from one' });
    await until(() => one.pending.get()[0]?.kept === true, 'it is kept');
    const two = page(chat, storageOn(shelf));
    two.connect();
    await until(() => texts(two).length === 1, 'the other tab has it');
    chat.intercept = () => false;
    for (const socket of chat.sockets) socket.end();
    await until(() => texts(one).length + texts(two).length === 0, 'it is sent');
    expect(chat.messages('dm~a~b')).toHaveLength(1);
  });
});

describe('a storage that fails', () => {
  test.each(['load', 'put', 'remove'] as const)(
    'at %s leaves messages in memory, and nothing waits for it',
    async (at) => {
      const { shelf } = memoryShelf();
      let fails = true;
      const broken: Shelf = {
        ...shelf,
        [at]: (...args: never[]) =>
          fails ? Promise.reject(new Error('quota')) : (shelf[at] as (...all: never[]) => Promise<void>)(...args),
      };
      const client = page(new FakeChat(), storageOn(broken));
      const seen: boolean[] = [];
      client.storage.subscribe(() => seen.push(client.storage.get().durable));
      client.connect();
      expect((await client.send({ to: 'b', msg: 'hi' })).seq).toBe(1);
      await until(() => seen.includes(false), 'it says so');
      fails = false;
      await client.send({ to: 'b', msg: 'hi' });
      await until(() => client.storage.get().durable, 'it says that it works again');
    },
  );

  test('a database that hangs holds nobody up', async () => {
    const client = page(new FakeChat(), storageOn({ ...memoryShelf().shelf, put: () => new Promise(() => undefined) }));
    client.connect();
    expect((await client.send({ to: 'b', msg: 'hi' })).seq).toBe(1);
  });

  test('no storage at all is not durable', () => {
    const { fetch, WebSocket } = new FakeChat();
    const client = createClient({ url: 'http://chat', user: 'a', fetch, WebSocket });
    expect(client.storage.get()).toEqual({ durable: false });
    expect(client.storage.get()).toBe(client.storage.get());
  });
});

/** What a keeper does with a database, from outside. */
function keeperOn(storage: Storage) {
  const adopted: string[] = [];
  const keeper = storage({ user: 'a', outbox: { adopt: ({ msg }) => adopted.push(msg) } });
  const put = (id: string): Promise<boolean> =>
    new Promise((resolve) => {
      keeper.keep({ id, to: 'b', msg: id, sendDate: 1 }, () => resolve(true));
      keeper.view.subscribe(() => {
        if (!keeper.view.get().durable) resolve(false);
      });
    });
  return { keeper, put, adopted };
}

describe('IndexedDB', () => {
  test('that is deleted under a live page is opened again', async () => {
    const { put } = keeperOn(indexedDbStorage());
    expect(await put('one')).toBe(true);
    await new Promise((resolve) => {
      factory.indexedDB.deleteDatabase('weiliao').onsuccess = resolve;
    });
    expect(await put('two')).toBe(true);
  });

  test('whose open fails once is opened again', async () => {
    const open = factory.indexedDB.open.bind(factory.indexedDB);
    let calls = 0;
    factory.indexedDB.open = (...args) => {
      calls += 1;
      if (calls === 1) throw new DOMException('internal error', 'UnknownError');
      return open(...args);
    };
    const { put } = keeperOn(indexedDbStorage());
    expect(await put('one')).toBe(true);
    expect(calls).toBe(2);
  });

  test('that is not there is told, and no more', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const { put } = keeperOn(indexedDbStorage());
    expect(await put('one')).toBe(false);
  });

  test('that hangs is given up after 3 s, twice', async () => {
    vi.useFakeTimers();
    factory.indexedDB.open = () => ({});
    const { put } = keeperOn(indexedDbStorage());
    const kept = put('one');
    await vi.advanceTimersByTimeAsync(6_000);
    vi.useRealTimers();
    expect(await kept).toBe(false);
  });
});
