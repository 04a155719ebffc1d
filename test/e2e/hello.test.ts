import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { newUser, sharedServer } from '../support/server.ts';
import { conversationOf, enter, newId, openSocket, refusedUpgrade } from '../support/socket.ts';
import { within } from '../support/until.ts';

const server = sharedServer();

describe('hello', () => {
  test('is answered by welcome', async () => {
    const user = newUser();
    const socket = await openSocket(server());
    const before = Date.now();
    socket.send({ type: 'hello', user, username: 'Zhang San', device: 'phone' });
    const welcome = await socket.next('welcome');
    expect(welcome).toMatchObject({ user, recovered: false });
    expect(welcome.session).not.toBe('');
    expect(welcome.serverTime).toBeGreaterThanOrEqual(before - 1_000);
    expect(welcome.cursor.length).toBeLessThanOrEqual(256);
  });

  test('registers a user who is not there yet, under the given name or else the id', async () => {
    const [named, nameless] = [newUser(), newUser()];
    await enter(server(), named, { username: '张三' });
    await enter(server(), nameless);
    expect(await server().get(`/v1/users/${named}`)).toEqual({ id: named, username: '张三', avatar: null });
    expect(await server().get(`/v1/users/${nameless}`)).toEqual({ id: nameless, username: nameless, avatar: null });
  });

  test('leaves a user who is there as they are', async () => {
    const user = newUser();
    await enter(server(), user, { username: 'first' });
    await enter(server(), user, { username: 'second' });
    expect(await server().get(`/v1/users/${user}`)).toMatchObject({ username: 'first' });
  });

  test('welcomes ten sockets of one new user that come at once, under different names', async () => {
    const user = newUser();
    const names = Array.from({ length: 10 }, (_, index) => `name ${index}`);
    const sockets = await Promise.all(names.map(() => openSocket(server())));
    sockets.forEach((socket, index) => socket.send({ type: 'hello', user, username: names[index] }));
    const welcomes = await Promise.all(sockets.map((socket) => socket.next('welcome')));
    expect(new Set(welcomes.map(({ session }) => session)).size).toBe(10);
    expect(names).toContain((await server().get<{ username: string }>(`/v1/users/${user}`)).username);
  });

  test('reads a number as its decimal text', async () => {
    const socket = await openSocket(server());
    socket.send({ type: 'hello', user: 1001 });
    expect(await socket.next('welcome')).toMatchObject({ user: '1001' });
  });

  test.each(['12345678901234567890', '1e21', '-1e400', '9007199254740993'])(
    'refuses the number %s, which cannot be read exactly, rather than take it for somebody else',
    async (number) => {
      const socket = await openSocket(server());
      socket.send(`{"type":"hello","user":${number}}`);
      const error = await socket.next('error');
      expect(error).toMatchObject({ code: 'BAD_FRAME', temporary: false });
      expect(error.message).toContain('user');
    },
  );

  test.each(['', 'a b', 'a~b', 'x'.repeat(65), 'ü', 'a/b', 'a:b'])('refuses the user id %j', async (user) => {
    const socket = await openSocket(server());
    socket.send({ type: 'hello', user });
    const error = await socket.next('error');
    expect(error).toMatchObject({ code: 'BAD_FRAME', temporary: false });
    expect(error.message).toContain('user');
  });

  test('takes every character that a user id may have, 64 of them', async () => {
    const user = `${newUser()}.-_AZaz09`.padEnd(64, '.');
    await enter(server(), user);
    expect(await server().get(`/v1/users/${user}`)).toMatchObject({ id: user });
  });

  test('without a user is a bad frame that names the field; another hello may follow', async () => {
    const socket = await openSocket(server());
    socket.send({ type: 'hello' });
    const error = await socket.next('error');
    expect(error).toMatchObject({ code: 'BAD_FRAME', temporary: false });
    expect(error.message).toContain('user');
    const user = newUser();
    socket.send({ type: 'hello', user });
    expect(await socket.next('welcome')).toMatchObject({ user });
  });

  test.each([
    { type: 'ping' },
    { type: 'send', id: 'x', to: 'a', msg: 'm' },
    { type: 'read', conversation: 'dm~a~b', seq: 1 },
    { type: 'typing', conversation: 'dm~a~b', on: true },
  ])('must come first: $type before it is not authenticated, 4501', async (frame) => {
    const socket = await openSocket(server());
    socket.send(frame);
    const error = await socket.next('error');
    expect(error).toMatchObject({ code: 'NOT_AUTHENTICATED', temporary: false });
    expect(error.id).toBe(frame.id);
    expect(await socket.closeCode()).toBe(4501);
  });

  test('need not be waited for: frames sent right behind it are answered after the welcome', async () => {
    const [sender, peer] = [newUser(), newUser()];
    await server().register(peer);
    const socket = await openSocket(server());
    const ids = [newId(), newId(), newId()];
    socket.send({ type: 'hello', user: sender });
    ids.forEach((id, index) => socket.send({ type: 'send', id, to: peer, msg: `m${index}` }));
    socket.send({ type: 'ping' });
    await socket.next('pong');
    expect(socket.frames[0]?.type).toBe('welcome');
    const acks = await Promise.all(ids.map((id) => socket.ack(id)));
    expect(acks.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('said again is a bad frame', async () => {
    const user = newUser();
    const socket = await enter(server(), user);
    socket.send({ type: 'hello', user });
    expect(await socket.next('error')).toMatchObject({ code: 'BAD_FRAME' });
    await socket.settled();
  });

  test('with a cursor of another system is a bad frame', async () => {
    const socket = await openSocket(server());
    socket.send({ type: 'hello', user: newUser(), cursor: 'nonsense' });
    const error = await socket.next('error');
    expect(error).toMatchObject({ code: 'BAD_FRAME' });
    expect(error.message).toContain('cursor');
  });

  test('is waited for ten seconds: 4001', async () => {
    const opened = Date.now();
    const [socket, half] = await Promise.all([openSocket(server()), openSocket(server())]);
    half.send('{}');
    expect(await Promise.all([socket.closeCode(), half.closeCode()])).toEqual([4001, 4001]);
    expect(Date.now() - opened).toBeGreaterThan(9_500);
    expect(Date.now() - opened).toBeLessThan(14_000);
  });
});

describe('a socket', () => {
  test('is closed with 4500 at the fifth bad frame, each of which was told', async () => {
    const socket = await enter(server(), newUser());
    const bad = ['not json', '[]', '{"type":"nonsense"}', '{"type":"send"}', 'null'];
    for (const frame of bad) socket.send(frame);
    for (const frame of bad) expect((await socket.next('error')).code, frame).toBe('BAD_FRAME');
    expect(await socket.closeCode()).toBe(4500);
  });

  test('lives on after four bad frames', async () => {
    const socket = await enter(server(), newUser());
    for (let count = 0; count < 4; count += 1) socket.send('{');
    await socket.settled();
    expect(socket.frames).toHaveLength(4);
  });

  test('that sends five bad frames before hello is closed with 4500', async () => {
    const socket = await openSocket(server());
    for (let count = 0; count < 5; count += 1) socket.send('{');
    expect(await socket.closeCode()).toBe(4500);
  });

  test.each(['before', 'after'])('that sends a binary frame %s hello is closed with 4500', async (when) => {
    const socket = when === 'after' ? await enter(server(), newUser()) : await openSocket(server());
    socket.send(Buffer.from('{"type":"ping"}'));
    expect(await socket.closeCode()).toBe(4500);
  });

  test('may send 64 KiB in one frame', async () => {
    const socket = await enter(server(), newUser());
    socket.send('{"type":"ping"}'.padEnd(65_536));
    await socket.next('pong');
  });

  test.each([65_537, 131_000])('that sends a frame of %i bytes is closed with 4500', async (size) => {
    const socket = await enter(server(), newUser());
    socket.send('{"type":"ping"}'.padEnd(size));
    expect(await socket.closeCode()).toBe(4500);
    expect(socket.frames.filter(({ type }) => type === 'pong')).toEqual([]);
  });

  test.each([200_000, 20_000_000])(
    'that sends a frame of %i bytes is cut, by the library and without a word',
    async (size) => {
      const socket = await enter(server(), newUser());
      socket.send('{"type":"ping"}'.padEnd(size));
      expect([4500, 1006, 1009]).toContain(await socket.closeCode());
      expect(socket.frames.filter(({ type }) => type === 'pong')).toEqual([]);
    },
  );

  test('gets its answer to a message sent in many fragments', async () => {
    const socket = await enter(server(), newUser());
    const text = '{"type":"ping"}';
    for (const [index, character] of Array.from(text).entries())
      socket.raw.send(character, { fin: index === text.length - 1 });
    await socket.next('pong');
  });

  test('that sends text which is no UTF-8 is closed', async () => {
    const socket = await enter(server(), newUser());
    socket.raw.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false });
    expect([1006, 1007, 4500]).toContain(await socket.closeCode());
  });

  test('may close by itself, its user gets nothing more and nobody is harmed', async () => {
    const [user, peer] = [newUser(), newUser()];
    const socket = await enter(server(), user);
    socket.raw.close(1000, 'bye');
    expect(await socket.closeCode()).toBe(1000);
    const other = await enter(server(), peer);
    expect((await other.say(user, 'still there?')).conversation).toBe(conversationOf(user, peer));
  });
});

describe('the listener', () => {
  const server = sharedServer();

  test.each(['/', '/v1/ws//', '/v2/ws', '/ws', '/v1/wss', '/ws/1/2'])('has no socket at %s', async (path) => {
    expect(await refusedUpgrade(server(), path)).toBe('refused with 404');
  });

  test('answers plain HTTP with what it wants instead', async () => {
    const answer = await fetch(`http://127.0.0.1:${server().wsPort}/v1/ws`);
    expect(answer.status).toBe(426);
    expect(answer.headers.get('upgrade')).toBe('websocket');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('cuts a connection that never finishes its request', async () => {
    const socket = connect(server().wsPort, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write('GET /v1/ws HTTP/1.1\r\nHost: x\r\n');
    await within(once(socket, 'close'), 'the end of the connection');
  });
});
