import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect as connectTo, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { listenWithUws } from '../../src/gateway/listeners/uws.ts';
import { loadUws } from '../../src/gateway/listeners/uws-library.ts';
import { listenWithWs } from '../../src/gateway/listeners/ws.ts';
import { createDoor } from '../../src/auth/door.ts';
import { createAdmissions } from '../../src/gateway/admission.ts';
import type { AdmissionDeps } from '../../src/gateway/admission.ts';
import type { Address, GatewayServer, ServerHandlers } from '../../src/gateway/listener.ts';
import type { Session } from '../../src/gateway/session.ts';
import { readConfig } from '../../src/shared/config.ts';
import { createConnectionBudget } from '../../src/shared/connection-budget.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { knock } from '../support/knock.ts';
import { doorOf, limitsOf, tokenRules } from '../support/settings.ts';
import { until } from '../support/until.ts';

const library = await loadUws();
const listeners = [
  {
    name: 'uWebSockets.js',
    skipped: 'fault' in library,
    listen: (address: Address, handlers: ServerHandlers): Promise<GatewayServer> => {
      if ('fault' in library) throw new Error(library.fault);
      return listenWithUws(library.uws, address, handlers);
    },
  },
  { name: 'ws', skipped: false, listen: listenWithWs },
];
if ('fault' in library) process.stderr.write(`SKIPPED: sockets over uWebSockets.js: ${library.fault}\n`);

const local = { host: '127.0.0.1', port: 0 };

/** A listener that keeps what happens, gone when the test is. */
async function serve(
  listen: (address: Address, handlers: ServerHandlers) => Promise<GatewayServer>,
  options: Partial<AdmissionDeps> & Partial<Pick<ServerHandlers, 'budget' | 'maxUnsentBytes'>> = {},
) {
  const happened: unknown[] = [];
  const sessions: Session[] = [];
  const refusals: string[] = [];
  const budget = options.budget ?? createConnectionBudget(() => undefined, 1_000);
  const admissions = createAdmissions({
    auth: { mode: 'none' },
    basePath: '',
    door: createDoor(doorOf()),
    proxies: undefined,
    limits: limitsOf(),
    closed: () => undefined,
    onRefused: (reason) => refusals.push(reason),
    ...options,
  });
  const server = await listen(local, {
    budget,
    maxUnsentBytes: options.maxUnsentBytes ?? 1024 * 1024,
    admit: admissions.admit,
    forget: admissions.leave,
    open: (session) => sessions.push(session),
    frame: (_session, text) => happened.push({ frame: text }),
    violation: (session, reason) => {
      happened.push({ violation: reason });
      session.closed = true;
      session.connection?.end(4500, reason);
    },
    closed(session, code) {
      admissions.leave(session);
      happened.push({ closed: code });
    },
  });
  onTestFinished(() => server.close());
  const url = `ws://127.0.0.1:${server.port}`;
  async function connect(path = '/v1/ws', headers: OutgoingHttpHeaders = {}) {
    const before = sessions.length;
    const socket = new WebSocket(url + path, { headers });
    socket.on('error', () => undefined);
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    await until(() => sessions.length > before, 'the session is open');
    return { socket, session: sessions.at(-1)! };
  }
  return { server, url, happened, sessions, refusals, budget, connect };
}

const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

async function refused(url: string, options: WebSocket.ClientOptions = {}) {
  const socket = new WebSocket(url, options);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) as unknown };
}

describe.each(listeners.filter(({ skipped }) => !skipped))('sockets over $name', ({ listen }) => {
  it('are opened at /v1/ws and /ws/{uid}, whose user is known at once', async () => {
    const { connect, sessions } = await serve(listen);
    await connect('/v1/ws');
    await connect('/v1/ws?from=somewhere');
    await connect('/v1/ws/');
    await connect('/ws/1001');
    await connect('/ws/1001/');
    await until(() => sessions.length === 5, 'all are open');
    expect(sessions.map(({ kind, user }) => [kind, user])).toEqual([
      ['v1', undefined],
      ['v1', undefined],
      ['v1', undefined],
      ['original', '1001'],
      ['original', '1001'],
    ]);
  });

  it.each([
    ['another path', '/elsewhere', {}, 404, 'no socket here: /v1/ws or /ws/{uid}'],
    ['a uid that is no number', '/ws/x1', {}, 400, 'uid must be a number'],
    [
      '/ws/{uid} where it is not served',
      '/ws/1001',
      { auth: tokenRules({ secret: 'x' }) },
      404,
      'this socket is served in auth mode none only',
    ],
    ['while draining', '/v1/ws', { closed: () => 'this gateway is draining' }, 503, 'this gateway is draining'],
  ])('are refused before the upgrade: %s', async (_, path, options, status, detail) => {
    const { url, sessions } = await serve(listen, options);
    expect(await refused(url + path)).toMatchObject({ status, body: { status, detail } });
    expect(sessions).toEqual([]);
  });

  it('are no pages: a request without an upgrade gets 426, and is told what to ask for', async () => {
    const { url } = await serve(listen);
    const answer = await fetch(`${url.replace('ws:', 'http:')}/v1/ws`);
    expect(answer.status).toBe(426);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('sec-websocket-version')).toBe('13');
    expect(await answer.json()).toMatchObject({ status: 426, title: 'Upgrade Required' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('are asked for with GET: %s gets 405', async (method) => {
    const { server } = await serve(listen);
    for (const headers of [{}, handshake]) {
      const answer = await knock(server.port, '/v1/ws', { method, headers });
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' }, body: { status: 405 } });
    }
  });

  it('are opened for people with many cookies, whose requests come in several parts', async () => {
    const { server, sessions } = await serve(listen);
    const cookies = [...Array(60).keys()].map((at) => [`Cookie-${at}`, 'c'.repeat(400)]);
    const lines = [...Object.entries(handshake), ...cookies].map((line) => line.join(': '));
    const socket = connectTo(server.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (part: Buffer) => (answer += part.toString()));
    socket.setNoDelay(true);
    for (const part of ['GET /v1/ws HTTP/1.1', 'Host: localhost', ...lines, '']) {
      await new Promise((written) => socket.write(`${part}\r\n`, written));
      await new Promise(setImmediate);
    }
    await until(() => answer !== '', 'an answer');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(sessions).toHaveLength(1);
  });

  it('are refused in another version, which is told the one there is', async () => {
    const { url, refusals } = await serve(listen);
    const answer = await refused(`${url}/v1/ws`, { protocolVersion: 8 });
    expect(answer).toMatchObject({ status: 426, headers: { 'sec-websocket-version': '13', upgrade: 'websocket' } });
    expect(refusals).toEqual(['version']);
  });

  it('are refused to pages elsewhere', async () => {
    const { url, refusals, sessions } = await serve(listen);
    expect(await refused(`${url}/v1/ws`, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
    expect(await refused(`${url}/v1/ws`, { headers: { Host: 'evil.example' } })).toMatchObject({ status: 403 });
    expect(refusals).toEqual(['origin', 'origin']);
    expect(sessions).toEqual([]);
  });

  it('know the user whom a proxy in front named, and refuse those it did not', async () => {
    const { url, connect } = await serve(listen, { auth: { mode: 'proxy', userHeader: 'x-auth-user' } });
    expect((await connect('/v1/ws', { 'X-Auth-User': 'alice' })).session.vouched).toBe('alice');
    expect(await refused(`${url}/v1/ws`)).toMatchObject({ status: 401 });
    expect(await refused(`${url}/v1/ws`, { headers: { 'X-Auth-User': 'a b' } })).toMatchObject({ status: 401 });
  });

  it('are counted by an address of IPv4 as what it is, on a listener of both', async () => {
    const { sessions, server } = await serve(
      (address, handlers) => listen({ ...address, host: '::ffff:127.0.0.1' }, handlers),
      {
        door: createDoor(doorOf({ loopback: false })),
      },
    );
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/ws`);
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    await until(() => sessions.length === 1, 'the session is open');
    expect(sessions[0]!.address).toBe('127.0.0.1');
  });

  it('are counted by the address behind a trusted proxy', async () => {
    const proxies = readConfig({ TRUST_PROXY: 'loopback' }).door.trustedProxies;
    const { connect } = await serve(listen, { proxies });
    const { session } = await connect('/v1/ws', { 'X-Forwarded-For': '9.9.9.9, 198.51.100.7' });
    expect(session.address).toBe('198.51.100.7');
    const twoLines = await connect('/v1/ws', { 'X-Forwarded-For': ['9.9.9.9', '198.51.100.8'] });
    expect(twoLines.session.address).toBe('198.51.100.8');
  });

  it('agree to no subprotocol', async () => {
    const { url } = await serve(listen);
    const socket = new WebSocket(`${url}/v1/ws`, ['chat', 'superchat']);
    socket.on('error', () => undefined);
    onTestFinished(() => socket.terminate());
    const [{ headers }] = (await once(socket, 'upgrade')) as [IncomingMessage];
    expect(headers['sec-websocket-protocol']).toBeUndefined();
  });

  it('take no more connections than there is room for, and count each that leaves', async () => {
    const budget = createConnectionBudget(() => undefined, 67);
    const { url, connect } = await serve(listen, { budget });
    const opened = [await connect(), await connect(), await connect()];
    expect(budget.held).toBe(3);
    const late = new WebSocket(`${url}/v1/ws`);
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.message).toMatch(/ECONNRESET|hang up/);
    await until(() => budget.held === 3, 'it has left again');
    for (const { socket } of opened) socket.close();
    await until(() => budget.held === 0, 'all have left');
    await fetch(url.replace('ws:', 'http:'), { headers: { Connection: 'close' } });
    await until(() => budget.held === 0, 'a request has left too');
    expect((await connect()).socket.readyState).toBe(WebSocket.OPEN);
  });

  it('end where a peer sends pings and takes no pongs', async () => {
    const { connect, happened } = await serve(listen, { maxUnsentBytes: 64 * 1024 });
    const { socket } = await connect();
    socket.pause();
    const payload = Buffer.alloc(125);
    await until(() => {
      for (let count = 0; count < 2_000 && socket.bufferedAmount < 1_000_000; count += 1) socket.ping(payload);
      return happened.length > 0;
    }, 'it is given up');
    expect(happened).toEqual([{ closed: 1006 }]);
  });

  it('hand on text as it was sent', async () => {
    const { connect, happened } = await serve(listen);
    const { socket } = await connect();
    for (const text of ['{}', '微聊 \u2028 😀', 'x'.repeat(64 * 1024)]) socket.send(text);
    await until(() => happened.length === 3, 'all frames are there');
    expect(happened).toEqual(['{}', '微聊 \u2028 😀', 'x'.repeat(64 * 1024)].map((frame) => ({ frame })));
  });

  it.each([
    ['binary', Buffer.from('{}'), 'binary frames are not taken'],
    ['over 64 KiB', 'x'.repeat(64 * 1024 + 1), 'a frame is over 65536 bytes'],
  ])('are told why where a frame is %s, and hear nothing after it', async (_, frame, reason) => {
    const { connect, happened } = await serve(listen);
    const { socket } = await connect();
    socket.send(frame);
    socket.send('after');
    const [code, said] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, said.toString()]).toEqual([4500, reason]);
    expect(happened).toEqual([{ violation: reason }, { closed: 4500 }]);
  });

  it('are cut where a frame is over a megabyte', async () => {
    const { connect, happened } = await serve(listen);
    const { socket } = await connect();
    socket.send('x'.repeat(1024 * 1024 + 1));
    await once(socket, 'close');
    await until(() => happened.length > 0, 'the end is noticed');
    expect(happened).toHaveLength(1);
    expect(happened[0]).toHaveProperty('closed');
  });

  it('send what they are given, then their close frame, and are told of their end once', async () => {
    const { connect, happened } = await serve(listen);
    const { socket, session } = await connect();
    const texts: string[] = [];
    socket.on('message', (data: Buffer) => texts.push(data.toString()));
    session.connection!.send('one');
    const connection = session.connection!;
    connection.cork(() => ['two', 'three'].forEach((text) => connection.send(text)));
    connection.end(4000, 'draining');
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect(texts).toEqual(['one', 'two', 'three']);
    expect([code, reason.toString()]).toEqual([4000, 'draining']);
    expect(happened).toEqual([{ closed: 4000 }]);
    expect(session.connection).toBeUndefined();
  });

  it.each([
    ['closes', (socket: WebSocket) => socket.close(4321, 'bye'), 4321],
    ['vanishes', (socket: WebSocket) => socket.terminate(), 1006],
  ])('notice that a peer %s', async (_, leave, code) => {
    const { connect, happened } = await serve(listen);
    const { socket } = await connect();
    leave(socket);
    await until(() => happened.length > 0, 'the end is noticed');
    expect(happened).toEqual([{ closed: code }]);
  });

  it('know what a peer that does not read has not taken yet', async () => {
    const { connect } = await serve(listen);
    const { socket, session } = await connect();
    socket.pause();
    const text = 'x'.repeat(256 * 1024);
    await until(() => {
      session.connection!.send(text);
      return session.connection!.getBufferedAmount() > 1_000_000;
    }, 'bytes wait');
  });

  it('stay open where no more are taken', async () => {
    const { server, url, connect, happened } = await serve(listen);
    const { socket } = await connect();
    server.stopListening();
    const late = new WebSocket(`${url}/v1/ws`);
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    socket.send('still here');
    await until(() => happened.length === 1, 'the frame is there');
    server.close();
    await once(socket, 'close');
  });

  it('cannot be had on a port that is taken, which is named', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as AddressInfo;
    const handlers = {} as ServerHandlers;
    await expect(listen({ host: '127.0.0.1', port }, handlers)).rejects.toThrow(OperatorError);
    await expect(listen({ host: '127.0.0.1', port }, handlers)).rejects.toThrow(`127.0.0.1:${port}`);
  });
});

describe('a peer of ws that breaks the protocol', () => {
  it.each([
    ['no UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007],
    ['over what is still told', [0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0], 1009],
    ['not masked', [0x81, 0x01, 0x41], 1002],
    ['of no known kind', [0x83, 0x80, 0, 0, 0, 0], 1002],
    ['a ping that is too long', [0x89, 0xfe, 0, 200, 0, 0, 0, 0], 1002],
  ])('is told by a close frame: a frame that is %s', async (_what, bytes, code) => {
    const { connect } = await serve(listenWithWs);
    const { socket } = await connect();
    (socket as unknown as { _socket: Socket })._socket.write(Buffer.from(bytes));
    expect((await once(socket, 'close'))[0]).toBe(code);
  });
});

describe('a peer of ws that says nothing', () => {
  const patience = { pingAfterMs: 70, goneAfterMs: 300 };

  it('is pinged, and stays where it answers', async () => {
    const { connect, happened } = await serve((address, handlers) => listenWithWs(address, handlers, patience));
    const { socket } = await connect();
    let pings = 0;
    socket.on('ping', () => (pings += 1));
    await until(() => pings >= 6, 'it was pinged for longer than a silent one would live');
    expect(happened).toEqual([]);
  });

  it('is given up where it does not', async () => {
    const { connect, happened } = await serve((address, handlers) => listenWithWs(address, handlers, patience));
    const { socket } = await connect();
    socket.pause();
    await until(() => happened.length > 0, 'it is given up');
    expect(happened).toEqual([{ closed: 1006 }]);
  });
});
