import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newUser, sharedServer, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { openSocket, refusedUpgrade } from '../support/socket.ts';
import { until } from '../support/until.ts';

const secret = 'a secret of thirty-two bytes, or more';

interface Signing {
  readonly key?: KeyObject | Uint8Array;
  readonly alg?: string;
  readonly kid?: string;
  readonly endless?: boolean;
}

/** A token for a minute, where its payload does not say otherwise. */
function sign(payload: JWTPayload, { key, alg = 'HS256', kid, endless = false }: Signing = {}): Promise<string> {
  const header = { alg, ...(kid !== undefined && { kid }) };
  return new SignJWT({ ...(!endless && { exp: inSeconds(60) }), ...payload })
    .setProtectedHeader(header)
    .sign(key ?? new TextEncoder().encode(secret));
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** What a hello with this token comes to: the user, or the error's code and the close code. */
async function helloWith(server: Server, token: unknown): Promise<{ user: string } | { code: string; close: number }> {
  const socket = await openSocket(server);
  socket.send({ type: 'hello', token });
  const frame = await socket.take(({ type }) => type === 'welcome' || type === 'error', 'welcome or error');
  if (frame.type === 'welcome') return { user: frame.user };
  if (frame.type !== 'error') throw new Error(frame.type);
  return { code: frame.code, close: await socket.closeCode() };
}

const refused = { code: 'NOT_AUTHENTICATED', close: 4501 };

describe('AUTH=jwt with a secret', () => {
  const server = sharedServer({
    AUTH: 'jwt',
    JWT_SECRET: secret,
    ALLOWED_ORIGINS: 'https://chat.example, http://x.test',
  });

  test('knows the user by sub', async () => {
    expect(await helloWith(server(), await sign({ sub: 'alice' }))).toEqual({ user: 'alice' });
    expect(await helloWith(server(), await sign({ sub: 'auth0|7f' }))).toEqual({ user: '_.auth0_7c7f' });
  });

  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  test.each<[string, () => Promise<string> | string]>([
    ['that has expired', () => sign({ sub: 'alice', exp: inSeconds(-10) })],
    ['that is not valid yet', () => sign({ sub: 'alice', nbf: inSeconds(60) })],
    ['of another secret', () => sign({ sub: 'alice' }, { key: new TextEncoder().encode(`${secret}!`) })],
    ['of another algorithm', () => sign({ sub: 'alice' }, { alg: 'HS512' })],
    ['of an asymmetric key', () => sign({ sub: 'alice' }, { alg: 'RS256', key: foreign })],
    ['that is not signed', () => new UnsecuredJWT({ sub: 'alice' }).encode()],
    ['without sub', () => sign({ name: 'alice' })],
    ['without an end', () => sign({ sub: 'alice' }, { endless: true })],
    ['for an audience', () => sign({ sub: 'alice', aud: 'another service' })],
    ['whose sub is too long', () => sign({ sub: '~'.repeat(64) })],
    ['whose sub is empty', () => sign({ sub: '' })],
    ['that is none', () => 'nonsense'],
    ['that is empty', () => ''],
    ['of two parts', async () => (await sign({ sub: 'alice' })).split('.').slice(0, 2).join('.')],
    ['that was changed', async () => (await sign({ sub: 'alice' })).replace(/\.[^.]*\./, `.${btoa('{"sub":"bob"}')}.`)],
  ])('refuses a token %s: NOT_AUTHENTICATED, 4501, 401', async (_name, make) => {
    const token = await make();
    expect(await helloWith(server(), token)).toEqual(refused);
    const { status, headers, body } = await server().rest('GET', '/v1/conversations', { token });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('Bearer');
    expect(body).toMatchObject({ code: 'NOT_AUTHENTICATED', status: 401 });
  });

  test('takes nobody at their word', async () => {
    const socket = await openSocket(server());
    socket.send({ type: 'hello', user: 'alice' });
    expect((await socket.next('error')).code).toBe('NOT_AUTHENTICATED');
    expect(await socket.closeCode()).toBe(4501);
    expect((await server().rest('GET', '/v1/conversations', { as: 'alice' })).status).toBe(401);
    const token = await sign({ sub: 'eve' });
    const listed = await server().rest('GET', '/v1/conversations', { token, headers: { 'X-User-Id': 'alice' } });
    expect(listed.body).toEqual({ items: [], next: null });
  });

  test('serves sends, reads and queries of those who have tokens', async () => {
    const [a, b] = [newUser('a'), newUser('b')];
    const [tokenA, tokenB] = [await sign({ sub: a }), await sign({ sub: b })];
    for (const [id, token] of [
      [a, tokenA],
      [b, tokenB],
    ] as const) {
      const body = { id, username: id };
      expect((await server().rest('POST', '/v1/users', { token, body })).status).toBe(201);
    }
    const [alice, bob] = [await openSocket(server()), await openSocket(server())];
    alice.send({ type: 'hello', token: tokenA });
    bob.send({ type: 'hello', token: tokenB });
    await bob.next('welcome');
    const { conversation } = await alice.say(b, 'hello');
    expect((await bob.next('message')).msg).toBe('hello');
    const sent = { token: tokenB, body: { id: 'r', to: a, msg: 'answer' } };
    expect((await server().rest('POST', '/v1/messages', sent)).status).toBe(201);
    const read = await server().rest('PUT', `/v1/conversations/${conversation}/read`, {
      token: tokenB,
      body: { seq: 1 },
    });
    expect(read.status).toBe(200);
    const page = await server().rest<{ lastSeq: number }>('GET', `/v1/conversations/${conversation}/messages`, {
      token: tokenA,
    });
    expect(page.body.lastSeq).toBe(2);
  });

  test('registers nobody but the owner of the token, and nobody by hello', async () => {
    const user = newUser();
    const token = await sign({ sub: user });
    const other = await server().rest('POST', '/v1/users', { token, body: { id: newUser(), username: 'x' } });
    expect(other).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    await helloWith(server(), token);
    expect((await server().rest('GET', `/v1/users/${user}`, { token })).status).toBe(404);
  });

  test('does not serve the original system', async () => {
    const token = await sign({ sub: '1001' });
    for (const path of ['/message?fromId=1&toId=2', '/user?fromId=1']) {
      expect((await server().rest('GET', path, { token })).status, path).toBe(404);
    }
    expect(await refusedUpgrade(server(), '/ws/1001')).toBe('refused with 404');
  });

  test('lets the listed origins alone read answers', async () => {
    const allowed = async (origin: string) =>
      (await server().rest('GET', '/healthz', { headers: { Origin: origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await allowed('https://chat.example')).toBe('https://chat.example');
    expect(await allowed('http://x.test')).toBe('http://x.test');
    expect(await allowed('https://evil.example')).toBeNull();
    expect(await allowed('null')).toBeNull();
  });

  test('writes no token into its log', async () => {
    const token = await sign({ sub: 'alice', marker: 'x' });
    await helloWith(server(), token);
    await helloWith(server(), `${token}x`);
    expect(JSON.stringify(server().log)).not.toContain(token.split('.')[2]);
  });
});

describe('AUTH=jwt with a public key', () => {
  test.each([
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ] as const)('checks %s, and takes the key for no secret', async (alg, pair) => {
    const { privateKey, publicKey } = pair;
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const server = await startServer({ AUTH: 'jwt', JWT_PUBLIC_KEY: pem.replaceAll('\n', '\\n') });
    expect(await helloWith(server, await sign({ sub: 'alice' }, { alg, key: privateKey }))).toEqual({ user: 'alice' });
    for (const text of [pem, pem.trim(), pem.replaceAll('\n', '\\n')]) {
      expect(await helloWith(server, await sign({ sub: 'alice' }, { key: new TextEncoder().encode(text) }))).toEqual(
        refused,
      );
    }
  });
});

/** A server of keys that answers as `answer` says. */
async function keyServer(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys.json`;
}

describe('AUTH=jwt with a key set', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serveKeys = async (response: ServerResponse): Promise<void> => {
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  };
  const signed = (key = privateKey) => sign({ sub: 'alice' }, { alg: 'ES256', key, kid: 'one' });

  test('fetches the keys, and calls it temporary when they are out of reach', async () => {
    let broken = true;
    const url = await keyServer((response) => {
      if (broken) response.writeHead(500).end();
      else void serveKeys(response);
    });
    const server = await startServer({ AUTH: 'jwt', JWKS_URL: url });
    const token = await signed();
    const socket = await openSocket(server);
    socket.send({ type: 'hello', token });
    socket.send({ type: 'send', id: 'early', to: 'bob', msg: 'm' });
    const errors = [await socket.next('error'), await socket.next('error')];
    const code = 'STORE_UNAVAILABLE';
    const message = 'the token cannot be checked now: the key set is out of reach';
    expect(errors).toMatchObject([
      { code, message, temporary: true },
      { id: 'early', code, message, temporary: true },
    ]);
    const answer = await server.rest('GET', '/v1/conversations', { token });
    expect(answer).toMatchObject({ status: 503, body: { code, detail: message } });
    await until(() => server.log.some(({ msg }) => msg.includes('JWKS_URL')), 'the log says so');
    broken = false;
    await until(
      async () => (await server.rest('GET', '/v1/conversations', { token })).status === 200,
      'keys are here',
      {
        everyMs: 250,
      },
    );
    socket.send({ type: 'hello', token });
    expect(await socket.next('welcome')).toMatchObject({ user: 'alice' });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(await helloWith(server, await signed(stranger))).toEqual(refused);
    expect(await helloWith(server, await sign({ sub: 'alice' }, { kid: 'one' }))).toEqual(refused);
  });

  test('holds what comes behind hello while the keys are fetched, and refuses what is too much', async () => {
    let asked: (response: ServerResponse) => void = () => undefined;
    const request = new Promise<ServerResponse>((resolve) => (asked = resolve));
    const server = await startServer({ AUTH: 'jwt', JWKS_URL: await keyServer((response) => asked(response)) });
    const socket = await openSocket(server);
    socket.send({ type: 'hello', token: await signed() });
    const response = await request;
    for (let count = 0; count < 40; count += 1) socket.send(JSON.stringify({ type: 'ping' }).padEnd(60_000));
    expect(await socket.next('error')).toMatchObject({ code: 'OVERLOADED', temporary: true });
    void serveKeys(response);
    await socket.next('welcome');
    await socket.settled();
    // 256 KiB of them have room.
    const count = (type: string): number => socket.frames.filter((frame) => frame.type === type).length;
    await until(() => count('pong') === 4, 'what was held is answered');
    expect(1 + count('error')).toBe(36);
  });
});
