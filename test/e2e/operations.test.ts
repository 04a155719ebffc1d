import { describe, expect, test } from 'vitest';
import { knock } from '../support/knock.ts';
import { newUser, sharedServer, startServer } from '../support/server.ts';
import type { LogLine, Server } from '../support/server.ts';
import { enter, openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

const opsPortOf = (server: Server): number => server.log.find(({ msg }) => msg === 'ready')!['opsPort'] as number;
const evil = { headers: { Origin: 'https://evil.example' } };

describe('metrics and the details of health', () => {
  test('are on HTTP_PORT of a server on loopback', async () => {
    const server = await startServer();
    expect((await knock(server.httpPort, '/metrics')).body).toContain('weiliao_sockets');
    expect(await server.get('/readyz')).toMatchObject({ ready: true, checks: { process: { ok: true } } });
    expect(server.log.find(({ msg }) => msg === 'ready')).not.toHaveProperty('opsPort');
  });

  test('are on OPS_PORT alone where there is one, with nothing of users', async () => {
    const server = await startServer({ OPS_PORT: '0' });
    const ops = opsPortOf(server);
    expect((await knock(server.httpPort, '/metrics')).status).toBe(404);
    expect(await server.get('/readyz')).toEqual({ ready: true, checks: {} });
    expect((await knock(ops, '/metrics')).body).toContain('weiliao_sockets');
    expect((await knock(ops, '/readyz')).body).toMatchObject({ ready: true, checks: { process: { ok: true } } });
    expect((await knock(ops, '/healthz')).status).toBe(200);
    for (const path of ['/v1/users/1001', '/user?fromId=1001', '/v1/conversations']) {
      expect((await knock(ops, path, { headers: { 'X-User-Id': '1001' } })).status, path).toBe(404);
    }
  });

  test('on OPS_PORT are for no page, and under no name but this machine’s', async () => {
    const server = await startServer({ OPS_PORT: '0', ALLOWED_ORIGINS: '*' });
    const ops = opsPortOf(server);
    expect((await knock(ops, '/metrics', evil)).status).toBe(403);
    expect((await knock(ops, '/metrics', { headers: { Host: 'evil.example' } })).status).toBe(403);
    expect((await knock(server.httpPort, '/healthz', evil)).status).toBe(200);
  });

  test('are nowhere on a public server without OPS_PORT, which is told once', async () => {
    const server = await startServer({ HOST: '0.0.0.0', INSECURE: '1' });
    expect((await knock(server.httpPort, '/metrics')).status).toBe(404);
    expect(await server.get('/readyz')).toEqual({ ready: true, checks: {} });
    expect(server.log.filter(({ msg }) => msg.includes('OPS_PORT'))).toHaveLength(1);
  });

  test('of a public server are on its OPS_PORT', async () => {
    const server = await startServer({ HOST: '0.0.0.0', INSECURE: '1', OPS_PORT: '0' });
    expect((await knock(server.httpPort, '/metrics')).status).toBe(404);
    expect((await knock(opsPortOf(server), '/metrics')).body).toContain('weiliao_sockets');
    expect(server.log.filter(({ msg }) => msg.includes('OPS_PORT'))).toEqual([]);
  });
});

describe('the id of a request', () => {
  const server = sharedServer();
  const idOf = async (given?: string): Promise<string> => {
    const headers = given === undefined ? {} : { 'X-Request-Id': given };
    return (await server().rest('GET', '/healthz', { headers })).headers.get('x-request-id')!;
  };

  test('is the caller’s, or else one of its own', async () => {
    expect(await idOf('trace-1/2:3=4')).toBe('trace-1/2:3=4');
    const [one, other] = [await idOf(), await idOf()];
    expect(one).toMatch(/^[0-9a-f-]{36}$/);
    expect(one).not.toBe(other);
  });

  test.each(['a b', 'x'.repeat(129), '{"level":"fatal"}'])('is not %j, which nobody needs', async (given) => {
    expect(await idOf(given)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('comes with refusals too', async () => {
    const { headers } = await server().rest('GET', '/healthz', {
      headers: { ...evil.headers, 'X-Request-Id': 'mine' },
    });
    expect(headers.get('x-request-id')).toBe('mine');
  });
});

describe('LOG_REQUESTS=1', () => {
  const server = sharedServer({ LOG_REQUESTS: '1' });
  const linesOf = (path: string): LogLine[] => server().log.filter((line) => line['path'] === path);

  test('writes a line for each request, without what is searched for', async () => {
    await server().register('1001');
    await server().rest('GET', '/v1/conversations?limit=7&before=secret', { as: '1001' });
    await until(() => linesOf('/v1/conversations').length === 1, 'the line is there');
    expect(linesOf('/v1/conversations')[0]).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'GET',
      status: 400,
      user: '1001',
      address: '127.0.0.1',
      ms: expect.any(Number) as number,
    });
    expect(JSON.stringify(server().log)).not.toContain('secret');
  });

  test('writes one for each socket, at its end', async () => {
    const user = newUser();
    const socket = await enter(server(), user);
    socket.raw.close(1000);
    const line = () => server().log.find((each) => each.msg === 'socket closed' && each['user'] === user);
    await until(() => line() !== undefined, 'the line is there');
    expect(line()).toMatchObject({ level: 'info', kind: 'v1', address: '127.0.0.1', code: 1000 });
  });

  test('writes one for what is refused', async () => {
    await knock(server().httpPort, '/v1/blocked', evil);
    await until(() => linesOf('/v1/blocked').length === 1, 'the line is there');
    expect(linesOf('/v1/blocked')[0]).toMatchObject({ status: 403 });
  });
});

describe('what a welcome tells', () => {
  const server = sharedServer();

  test('is nothing of how many sockets there are: session names are no count', async () => {
    const names: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const socket = await openSocket(server());
      socket.send({ type: 'hello', user: newUser() });
      names.push((await socket.next('welcome')).session);
    }
    expect(new Set(names).size).toBe(20);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_.-]+-[A-Za-z0-9_-]{12}$/);
    expect(names).not.toEqual([...names].sort());
  });

  test('is nothing of what others write: the same place never has the same cursor', async () => {
    const user = newUser();
    await enter(server(), user);
    const cursors: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const socket = await openSocket(server());
      socket.send({ type: 'hello', user });
      cursors.push((await socket.next('welcome')).cursor);
    }
    expect(new Set(cursors).size).toBe(20);
  });
});
