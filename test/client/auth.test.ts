import { expect, test } from 'vitest';
import { ClientError } from '../../packages/client/src/index.ts';
import type { TokenFunction } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';
import type { FakeSocket, Frame } from '../support/fake-chat.ts';
import { clientOf, live, onFakeTime, pass, record, refusal, settle } from './harness.ts';

onFakeTime();

/** A token that ends so many seconds from now. */
function jwt(seconds: number, nonce = ''): string {
  const body = { sub: 'a', exp: Math.floor(Date.now() / 1000) + seconds, nonce };
  return `x.${Buffer.from(JSON.stringify(body)).toString('base64url')}.y`;
}

/** Lets in whoever has one of these tokens, as user a. */
function doorFor(chat: FakeChat, good: (token: unknown) => boolean): void {
  chat.rest = (_, headers) =>
    good(headers.get('Authorization')?.split(' ')[1])
      ? { status: 200, body: { items: [], next: null }, position: '1-0' }
      : { status: 401, body: { code: 'NOT_AUTHENTICATED', detail: 'bad token' } };
  chat.intercept = (socket: FakeSocket, { type, token, cursor }: Frame) => {
    if (type !== 'hello') return false;
    if (good(token)) chat.welcome(socket, 'a', cursor as string | undefined);
    else {
      socket.say({ type: 'error', code: 'NOT_AUTHENTICATED', message: 'bad token', temporary: false });
      socket.end(4501);
    }
    return true;
  };
}

function asked() {
  const asks: boolean[] = [];
  const token: TokenFunction = ({ refresh }) => {
    asks.push(refresh);
    return `t${asks.length}`;
  };
  return { asks, token };
}

test('a token function is asked at each connect, and nothing is cached', async () => {
  const chat = new FakeChat();
  const { asks, token } = asked();
  doorFor(chat, () => true);
  const { client } = await live(chat, { token });
  expect(client.user).toBe('a');
  chat.socket.end();
  await pass(500);
  expect(chat.sockets.map(({ sent }) => sent[0]?.['token'])).toEqual(['t1', 't2']);
  expect(asks).toEqual([false, false]);
});

test('after 4501 it is asked once more, with refresh, and the client is in', async () => {
  const chat = new FakeChat();
  const { asks, token } = asked();
  doorFor(chat, (given) => given === 't1');
  const { client } = await live(chat, { token });
  doorFor(chat, (given) => given === 't2');
  chat.socket.end(4501);
  await settle();
  expect(asks).toEqual([false, true]);
  expect(client.connection.get().state).toBe('live');
});

test('after a second 4501 the client is unauthorized, keeps what waits, and goes on with setToken', async () => {
  const chat = new FakeChat();
  const { asks, token } = asked();
  doorFor(chat, (given) => given === 'good');
  const { client } = await live(chat, { token });
  await pass(600_000);
  expect(asks).toEqual([false, true]);
  expect(client.connection.get()).toMatchObject({ state: 'unauthorized', cause: { code: 'NOT_AUTHENTICATED' } });
  const sent = client.send({ to: 'b', msg: 'kept' });
  expect(client.pending.get()).toMatchObject([{ msg: 'kept', state: 'queued' }]);
  client.setToken('good');
  await settle();
  expect(client.connection.get().state).toBe('live');
  await expect(sent).resolves.toMatchObject({ msg: 'kept', seq: 1 });
});

test('a plain token that is refused is not tried again', async () => {
  const chat = new FakeChat();
  doorFor(chat, () => false);
  const { client } = await live(chat, { token: 'bad' });
  await pass(60_000);
  expect(client.connection.get().state).toBe('unauthorized');
  expect(chat.requests).toHaveLength(1);
});

test('the session goes on with a new token before the old one ends, on the same socket', async () => {
  const chat = new FakeChat();
  const tokens = [jwt(600, 'one'), jwt(1_200, 'two')];
  const asks: boolean[] = [];
  const token: TokenFunction = ({ refresh }) => {
    asks.push(refresh);
    return tokens[asks.length - 1] ?? '';
  };
  doorFor(chat, (given) => given !== undefined);
  const { client } = await live(chat, { token });
  const errors = record(client, 'error');
  client.conversation('dm~a~b');
  chat.recovers = false;
  await pass(541_000);
  expect(asks).toEqual([false, true]);
  expect(chat.sockets).toHaveLength(1);
  expect(chat.socket.of('hello').map((hello) => [hello['token'], hello['cursor']])).toEqual([
    [tokens[0], '1-0'],
    [tokens[1], undefined],
  ]);
  expect(client.connection.get().state).toBe('live');
  expect(client.stats).toEqual({ gaps: 0, connections: 1 });
  expect(errors).toEqual([]);
});

test('a token function that fails or hangs is a failed connect, with its error as the cause', async () => {
  const chat = new FakeChat();
  const cause = new Error('no network');
  let answer: () => Promise<string> = () => Promise.reject(cause);
  const client = clientOf(chat, { token: () => answer() });
  client.connect();
  await settle();
  expect(client.connection.get()).toMatchObject({ state: 'waiting', cause: { code: 'TOKEN_FAILED', cause } });
  answer = () => new Promise(() => undefined);
  await pass(500);
  expect(client.connection.get().state).toBe('connecting');
  await pass(10_000);
  const state = client.connection.get();
  expect(state).toMatchObject({ state: 'waiting', cause: { code: 'TOKEN_FAILED' } });
  answer = () => Promise.resolve('a');
  await pass(1_000);
  expect(client.connection.get().state).toBe('live');
});

test('a hello that met a temporary error is said again, one that is refused for good stops', async () => {
  const chat = new FakeChat();
  let code = 'STORE_UNAVAILABLE';
  chat.intercept = (socket, { type }) => {
    if (type === 'hello') socket.say(refusal(undefined, code, code === 'STORE_UNAVAILABLE'));
    return type === 'hello';
  };
  const { client } = await live(chat);
  expect(client.connection.get()).toMatchObject({ state: 'waiting', cause: { code } });
  code = 'USER_NOT_FOUND';
  await pass(500);
  const state = client.connection.get();
  expect(state).toMatchObject({ state: 'stopped', cause: { message: 'in words' } });
  expect('cause' in state && state.cause).toBeInstanceOf(ClientError);
});

test('a token that is set while the client connects is the one that counts', async () => {
  const chat = new FakeChat();
  doorFor(chat, (given) => given === 'good');
  chat.hangs = true;
  const { client } = await live(chat, { token: 'good' });
  chat.hangs = false;
  client.setToken('bad');
  await settle();
  expect(client.connection.get().state).toBe('unauthorized');
  client.setToken('good');
  await settle();
  expect(client.connection.get().state).toBe('live');
});

test('a token that is set while the function for the last one still runs stays the one that counts', async () => {
  const chat = new FakeChat();
  doorFor(chat, (given) => given === 'good');
  let give: (token: string) => void = () => undefined;
  const { client } = await live(chat, { token: () => new Promise<string>((resolve) => (give = resolve)) });
  client.setToken('good');
  await settle();
  expect(client.connection.get().state).toBe('live');
  give('late');
  await settle();
  chat.socket.end();
  await pass(500);
  expect(client.connection.get().state).toBe('live');
});

test('a token that is set while the client is live goes to the server at once', async () => {
  const chat = new FakeChat();
  doorFor(chat, () => true);
  const { client } = await live(chat, { token: 'one' });
  client.setToken('two');
  await settle();
  expect(chat.socket.of('hello').map(({ token }) => token)).toEqual(['one', 'two']);
  expect(chat.sockets).toHaveLength(1);
});

test('a request of the application whose token is refused is made once more with another', async () => {
  const chat = new FakeChat();
  chat.message('b', 'a');
  const { asks, token } = asked();
  doorFor(chat, () => true);
  const { client } = await live(chat, { token });
  const given: (string | null)[] = [];
  chat.rest = (_, headers) => {
    given.push(headers.get('Authorization'));
    return given.length === 1 ? { status: 401, body: {} } : undefined;
  };
  expect(await client.conversation('dm~a~b').load()).toHaveLength(1);
  expect(given).toEqual(['Bearer t1', 'Bearer t2']);
  expect(asks).toEqual([false, true]);
});
