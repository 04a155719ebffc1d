import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { reportSkipped } from '../support/mongod.ts';
import { freePort, noNginx, startNginx } from '../support/nginx.ts';
import type { Proxy, Upstreams } from '../support/nginx.ts';
import { newUser, Server, startServer } from '../support/server.ts';
import type { Environment } from '../support/server.ts';
import { enter, enterOriginal, refusedUpgrade } from '../support/socket.ts';
import { until } from '../support/until.ts';
import { problemSchema } from '../../src/queries/problem.ts';

async function start(env: Environment = {}, changes: Upstreams['changes'] = {}) {
  const server = await startServer({ TRUST_PROXY: '127.0.0.1', ...env });
  const proxy = await startNginx({ api: server.httpPort, gateway: server.wsPort, changes });
  return { server, proxy };
}

const origin = ({ port }: Proxy): string => `http://127.0.0.1:${port}`;

/** The proxy as the tests of sockets know a server. */
function behind(port: number): Server {
  return Object.create(Server.prototype, { sockets: { value: `ws://127.0.0.1:${port}` } }) as Server;
}

/** An answer that must be a problem as the server itself tells them; its status is the answer's. */
async function problemOf(answer: Response | Promise<Response>) {
  const { status, headers, text } = await bodyOf(await answer);
  expect(headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.strict().parse(JSON.parse(text));
  expect(problem.status).toBe(status);
  return { status, code: problem.code, retryAfter: headers.get('retry-after') };
}

async function bodyOf(answer: Response) {
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

function post(proxy: Proxy, as: string, body: string): Promise<Response> {
  return fetch(`${origin(proxy)}/v1/messages`, {
    method: 'POST',
    headers: { 'X-User-Id': as, 'Content-Type': 'application/json' },
    body,
  });
}

describe.skipIf(reportSkipped('nginx in front of a server', noNginx))('nginx with deploy/nginx.conf', () => {
  test('leads a chat through one origin, and sockets through the other port too', async () => {
    const { server, proxy } = await start();
    const [a, b] = [newUser('a'), newUser('b')];
    await server.register(a, b);
    const anna = await enter(behind(proxy.port), a);
    const bert = await enter(behind(proxy.socketPort), b);
    await anna.say(b, 'over the proxy');
    expect(await bert.next('message')).toMatchObject({ msg: 'over the proxy' });
    const answer = await post(proxy, b, JSON.stringify({ id: 'r-1', to: a, msg: 'over REST' }));
    expect(answer.status).toBe(201);
    expect(await anna.take((frame) => frame.type === 'message' && 'msg' in frame && frame.msg === 'over REST', 'it'));
  });

  test('leads the socket of the original system', async () => {
    const { server, proxy } = await start({ DEMO_USERS: '1' });
    expect(server.isReady).toBe(true);
    const zhangsan = await enterOriginal(behind(proxy.port), '1001');
    const lisi = await enterOriginal(behind(proxy.port), '1002');
    zhangsan.send({ toId: 1002, msg: 'ni hao' });
    expect(await lisi.message()).toMatchObject({ msg: 'ni hao' });
  });

  test('takes a body of 64 KiB, and refuses a longer one as a problem', async () => {
    const { proxy } = await start();
    const body = (length: number): string => `{"id":"x","to":"y","msg":"${'m'.repeat(length - 28)}"}`;
    expect(body(65_536)).toHaveLength(65_536);
    // It is the server that refuses this one, for what is in it.
    expect(await problemOf(post(proxy, 'u', body(65_536)))).toMatchObject({ status: 400, code: 'BAD_FRAME' });
    expect(await problemOf(post(proxy, 'u', body(65_537)))).toMatchObject({ status: 413, code: 'BAD_FRAME' });
    await until(() => proxy.log().some(({ status }) => status === 413), 'the log has it');
    expect(proxy.log().find(({ status }) => status === 413)).toMatchObject({ upstream: '' });
  });

  test('refuses more requests of one address than its limit as a problem', async () => {
    const limit = { 'rate=200r/s': 'rate=1r/m', 'burst=400 nodelay': 'burst=2 nodelay' };
    const { proxy } = await start({}, limit);
    const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${origin(proxy)}/healthz`)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const answer of refused) {
      expect(await problemOf(answer)).toEqual({ status: 429, code: 'RATE_LIMITED', retryAfter: '1' });
    }
  });

  test('refuses more sockets of one address than its limit', async () => {
    const { server, proxy } = await start({}, { 'limit_conn connections 1000': 'limit_conn connections 2' });
    await server.register('c');
    await enter(behind(proxy.port), 'c');
    await enter(behind(proxy.socketPort), 'c');
    expect(await refusedUpgrade(behind(proxy.port), '/v1/ws')).toBe('refused with 429');
  });

  test('tells that nobody answers as a problem', async () => {
    const proxy = await startNginx({ api: await freePort(), gateway: await freePort() });
    expect(await problemOf(fetch(`${origin(proxy)}/v1/info`))).toEqual({
      status: 502,
      code: 'STORE_UNAVAILABLE',
      retryAfter: '1',
    });
    expect(await refusedUpgrade(behind(proxy.port), '/v1/ws')).toBe('refused with 502');
  });

  test('waits for an answer, and for a handshake, no longer than its limit', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const changes = { 'proxy_read_timeout 40s': 'proxy_read_timeout 1s' };
    const proxy = await startNginx({ api: port, gateway: port, changes });
    expect(await problemOf(fetch(`${origin(proxy)}/v1/info`))).toMatchObject({
      status: 504,
      code: 'STORE_UNAVAILABLE',
    });
    expect(await refusedUpgrade(behind(proxy.socketPort), '/v1/ws')).toBe('refused with 504');
  });

  test('passes on nothing of the operators', async () => {
    const { server, proxy } = await start();
    expect((await server.rest('GET', '/metrics')).status).toBe(200);
    expect(await problemOf(fetch(`${origin(proxy)}/metrics`))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await problemOf(fetch(`${origin(proxy)}/v1/users/u/sessions`, { method: 'DELETE' }))).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
    expect(await problemOf(fetch(`http://127.0.0.1:${proxy.socketPort}/v1/info`))).toMatchObject({ status: 404 });
    expect(await problemOf(fetch(`${origin(proxy)}/.problem`))).toMatchObject({ status: 404 });
    expect(proxy.log().filter(({ upstream }) => upstream !== '')).toEqual([]);
  });

  test('leaves the answers of the server as they are', async () => {
    const { server, proxy } = await start();
    const direct = await server.rest('GET', '/v1/users/nobody', { as: 'u' });
    const proxied = await bodyOf(await fetch(`${origin(proxy)}/v1/users/nobody`, { headers: { 'X-User-Id': 'u' } }));
    expect(proxied).toMatchObject({ status: direct.status, text: direct.text });
    expect((await fetch(`${origin(proxy)}/readyz`)).status).toBe(200);
  });

  test('tells a request that is none as a problem', async () => {
    const { proxy } = await start();
    const socket = connect(proxy.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
    await once(socket, 'close');
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 .*\r\n[^]*Content-Type: application\/problem\+json/);
    expect(problemSchema.strict().parse(JSON.parse(body))).toMatchObject({ status: 400, code: 'BAD_FRAME' });
  });

  test('says whose address it is, whatever the client wrote, and the server believes it', async () => {
    const { server, proxy } = await start({ LOG_REQUESTS: '1' });
    await fetch(`${origin(proxy)}/v1/info`, {
      headers: { 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9' },
    });
    const told = (): unknown =>
      server.log.find(({ msg, path }) => msg === 'request' && path === '/v1/info')?.['address'];
    await until(() => told() !== undefined, 'the request is logged');
    expect(told()).toBe('127.0.0.1');
  });

  test('logs each request without its query', async () => {
    const { proxy } = await start();
    await fetch(`${origin(proxy)}/v1/users?query=whom-i-look-for&token=secret`, { headers: { 'X-User-Id': 'u' } });
    await until(() => proxy.log().some(({ path }) => path === '/v1/users'), 'it is logged');
    expect(JSON.stringify(proxy.log()) + proxy.errors()).not.toMatch(/whom-i-look-for|secret/);
  });
});
