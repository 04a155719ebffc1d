import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { knock, knockForSocket, overHttpPort } from '../support/knock.ts';
import { newNumber, newUser, sharedServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { enter, enterOriginal, newId, openSocket, refusedUpgrade } from '../support/socket.ts';
import { until, within } from '../support/until.ts';

const server = sharedServer();
const places: [string, () => Server, () => number][] = [
  ['WS_PORT', server, () => server().wsPort],
  ['HTTP_PORT', () => overHttpPort(server()), () => server().httpPort],
];

describe.each(places)('on %s', (_name, there, port) => {
  test('a user is welcomed, writes and is read', async () => {
    const [a, b] = [newUser(), newUser()];
    const [alice, bob] = [await enter(there(), a), await enter(there(), b)];
    const { conversation } = await alice.say(b, 'hello');
    expect((await bob.next('message')).msg).toBe('hello');
    await bob.markRead(conversation, 1);
    expect(await alice.next('read')).toMatchObject({ reader: b, seq: 1 });
  });

  test('sockets of both ports see the same', async () => {
    const [a, b] = [newUser(), newUser()];
    const [alice, bob] = [await enter(there(), a), await enter(server(), b)];
    await alice.say(b, 'one');
    await bob.say(a, 'two');
    expect((await bob.next('message')).msg).toBe('one');
    expect([(await alice.next('message')).msg, (await alice.next('message')).msg]).toEqual(['one', 'two']);
  });

  test('frames need not wait for the welcome, and a first frame that is no hello ends the socket', async () => {
    const peer = newUser();
    await server().register(peer);
    const socket = await openSocket(there());
    socket.send({ type: 'hello', user: newUser() });
    const id = newId();
    socket.send({ type: 'send', id, to: peer, msg: 'm' });
    expect((await socket.ack(id)).seq).toBe(1);
    const rude = await openSocket(there());
    rude.send({ type: 'ping' });
    expect(await rude.closeCode()).toBe(4501);
  });

  test.each([
    ['a binary frame', Buffer.from('{"type":"ping"}')],
    ['a frame over 64 KiB', '{"type":"ping"}'.padEnd(65_537)],
  ])('%s ends the socket with 4500', async (_what, frame) => {
    const socket = await enter(there(), newUser());
    socket.send(frame);
    expect(await socket.closeCode()).toBe(4500);
  });

  test('the original system is served', async () => {
    const [one, two] = [newNumber(), newNumber()];
    const [first, second] = [await enterOriginal(there(), one), await enterOriginal(there(), two)];
    // What is written before the other one is known here waits at `GET /message`.
    const write = () => {
      first.send({ toId: Number(two), msg: 'hello' });
      return second.frames.length > 0;
    };
    await until(write, 'the other side is there', { everyMs: 50 });
    expect(await second.message()).toMatchObject({ from: { username: one }, msg: 'hello' });
  });

  test.each(['/v1/ws', '/v1/ws/', '/v1/ws?a=b', '/ws/1001', '/ws/1001/'])('a socket is at %s', async (path) => {
    expect((await knockForSocket(port(), path)).status).toBe(101);
  });

  test.each([
    ['/v1/wss', 404],
    ['/', 404],
    ['/ws/x', 400],
    ['/ws/', 400],
    ['/ws/1/2', 404],
  ])('none is at %s', async (path, status) => {
    expect(await refusedUpgrade(there(), path)).toBe(`refused with ${status}`);
  });

  test('another version of the protocol gets 426, with the one there is', async () => {
    const refused = await knockForSocket(port(), '/v1/ws', { 'Sec-WebSocket-Version': '8' });
    expect(refused).toMatchObject({ status: 426, headers: { 'sec-websocket-version': '13' } });
    expect(refused.body).toMatchObject({ status: 426 });
  });

  test('no subprotocol is agreed to', async () => {
    const { status, headers } = await knockForSocket(port(), '/v1/ws', { 'Sec-WebSocket-Protocol': 'chat, superchat' });
    expect(status).toBe(101);
    expect(headers['sec-websocket-protocol']).toBeUndefined();
  });

  test.each(['/v1/ws', '/v1/ws/', '/ws/1001'])(
    'GET %s without Upgrade gets 426, and what a proxy must pass on',
    async (path) => {
      const answer = await knock(port(), path);
      expect(answer.status).toBe(426);
      expect(answer.headers.upgrade).toBe('websocket');
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.body).toMatchObject({ status: 426, detail: expect.stringMatching(/proxy.*Upgrade/) as string });
    },
  );
});

describe('an offer of HTTP/2', () => {
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';

  async function ask(...requests: string[]): Promise<string> {
    const socket = connect(server().httpPort, '127.0.0.1');
    let text = '';
    socket.on('data', (part) => (text += part.toString()));
    for (const request of requests) socket.write(request);
    await within(once(socket, 'close'), 'the end of the connection');
    return text;
  }

  test('is not taken, and the request is answered all the same', async () => {
    const last = 'GET /v1/users/nobody HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const text = await ask(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n${offer}\r\n`, last);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain('{"status":"ok"}');
    expect(text).toContain('HTTP/1.1 404');
  });

  test('may come with a body', async () => {
    const id = newUser();
    const body = JSON.stringify({ id, username: 'Java' });
    const head = `POST /v1/users HTTP/1.1\r\nHost: localhost\r\n${offer}Content-Type: application/json\r\n`;
    const last = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const text = await ask(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`, body, last);
    expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(await server().get(`/v1/users/${id}`)).toMatchObject({ id, username: 'Java' });
  });
});
