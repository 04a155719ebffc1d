import { describe, expect, test } from 'vitest';
import { knock, knockForSocket, refusalsOf } from '../support/knock.ts';
import { newNumber, sharedServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf, enter } from '../support/socket.ts';

const evil = 'https://evil.example';
const listed = ['https://chat.example', 'http://x.test:8080'];
const problem = { status: 403, code: 'FORBIDDEN' };

/** What a page of this origin gets: REST, a preflight, and a socket on each port and of each kind. */
async function comesIn(server: Server, origin: string | undefined): Promise<Record<string, number>> {
  const from: Record<string, string> = origin === undefined ? {} : { Origin: origin };
  const { httpPort, wsPort } = server;
  const asked = { ...from, 'Access-Control-Request-Method': 'POST' };
  const statuses = await Promise.all([
    knock(httpPort, '/healthz', { headers: from }),
    ...(origin === undefined ? [] : [knock(httpPort, '/v1/messages', { method: 'OPTIONS', headers: asked })]),
    knockForSocket(wsPort, '/v1/ws', from),
    knockForSocket(httpPort, '/v1/ws', from),
    knockForSocket(wsPort, '/ws/1001', from),
    knockForSocket(httpPort, '/ws/1001', from),
  ]);
  const names = [
    'rest',
    ...(origin === undefined ? [] : ['preflight']),
    'ws',
    'wsOnHttp',
    'original',
    'originalOnHttp',
  ];
  return Object.fromEntries(names.map((name, at) => [name, statuses[at]!.status]));
}

const open = { rest: 200, ws: 101, wsOnHttp: 101, original: 101, originalOnHttp: 101 };
const shut = { rest: 403, preflight: 403, ws: 403, wsOnHttp: 403, original: 403, originalOnHttp: 403 };

describe('a server on loopback', () => {
  const server = sharedServer();

  test('lets in programs, which have no origin', async () => {
    expect(await comesIn(server(), undefined)).toEqual(open);
  });

  test('lets in pages of this machine and of its own', async () => {
    const own = `http://127.0.0.1:${server().httpPort}`;
    for (const origin of ['http://localhost:3000', 'http://[::1]:5173', own]) {
      expect(await comesIn(server(), origin), origin).toEqual({ ...open, preflight: 204 });
    }
  });

  test.each([evil, 'null', 'http://localhost.evil.example'])(
    'refuses %s everywhere, its preflights too',
    async (origin) => {
      const before = await refusalsOf(server(), 'origin');
      expect(await comesIn(server(), origin)).toEqual(shut);
      expect(await refusalsOf(server(), 'origin')).toBe(before + 6);
    },
  );

  test('tells why in a problem', async () => {
    const headers = { Origin: evil };
    const rest = await knock(server().httpPort, '/v1/conversations', { headers });
    expect(rest.headers['content-type']).toBe('application/problem+json');
    expect(rest.body).toMatchObject({ ...problem, detail: expect.stringContaining('ALLOWED_ORIGINS') as string });
    for (const port of [server().wsPort, server().httpPort]) {
      const refused = await knockForSocket(port, '/v1/ws', headers);
      expect(refused.headers['content-type']).toBe('application/problem+json');
      expect(refused.body).toMatchObject({ status: 403, detail: expect.stringContaining('ALLOWED_ORIGINS') as string });
    }
  });

  test('refuses a Host that is no name of its own: a page elsewhere may have made one lead here', async () => {
    const headers = { Host: `evil.example:${server().httpPort}` };
    expect(await knock(server().httpPort, '/user?fromId=1001', { headers })).toMatchObject({
      status: 403,
      body: problem,
    });
    for (const port of [server().wsPort, server().httpPort]) {
      expect((await knockForSocket(port, '/v1/ws', headers)).status).toBe(403);
    }
    const own = { Host: `localhost:${server().httpPort}` };
    expect((await knock(server().httpPort, '/healthz', { headers: own })).status).toBe(200);
  });

  test('lets no picture on a page elsewhere mark messages as read', async () => {
    const [reader, sender] = [newNumber(), newNumber()];
    await server().register(reader);
    const socket = await enter(server(), sender);
    await socket.say(reader, 'hello');
    const path = `/message?fromId=${reader}&toId=${sender}`;
    const statusOf = async () => {
      const history = `/v1/conversations/${conversationOf(reader, sender)}/messages`;
      return (await server().get<{ items: { status: number }[] }>(history, sender)).items[0]!.status;
    };
    const crossSite = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };
    expect(await knock(server().httpPort, path, { headers: crossSite })).toMatchObject({ status: 403, body: problem });
    await socket.settled();
    expect(await statusOf()).toBe(1);
    expect(socket.frames.filter(({ type }) => type === 'read')).toEqual([]);
    expect((await knock(server().httpPort, '/user?fromId=1001', { headers: crossSite })).status).toBe(200);
    const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };
    expect((await knock(server().httpPort, path, { headers: sameOrigin })).status).toBe(200);
    await socket.next('read');
    expect(await statusOf()).toBe(2);
  });
});

describe('ALLOWED_ORIGINS', () => {
  const all = sharedServer({ ALLOWED_ORIGINS: '*' });
  const some = sharedServer({ ALLOWED_ORIGINS: listed.join(', ') });

  test('of * lets in every origin, and says so', async () => {
    for (const origin of [evil, 'null', undefined]) {
      expect(await comesIn(all(), origin)).toEqual({ ...open, ...(origin !== undefined && { preflight: 204 }) });
    }
    const { headers } = await knock(all().httpPort, '/healthz', { headers: { Origin: evil } });
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  test('lets in exactly those that are listed, and programs', async () => {
    for (const origin of listed) {
      expect(await comesIn(some(), origin), origin).toEqual({ ...open, preflight: 204 });
      const { headers } = await knock(some().httpPort, '/healthz', { headers: { Origin: origin } });
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers.vary).toContain('Origin');
    }
    expect(await comesIn(some(), undefined)).toEqual(open);
    for (const origin of [evil, 'null', 'http://localhost:3000', `http://127.0.0.1:${some().httpPort}`]) {
      expect(await comesIn(some(), origin), origin).toEqual(shut);
    }
  });

  test('names the hosts that a proxy in front passes on', async () => {
    const ask = (host: string) => knock(some().httpPort, '/healthz', { headers: { Host: host } });
    expect((await ask('chat.example')).status).toBe(200);
    expect((await ask('evil.example')).status).toBe(403);
  });
});
