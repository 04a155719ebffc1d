import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, jwtVerify, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { expect, test } from 'vitest';
import { createRemoteKeySet } from '../../src/auth/key-set.ts';
import { WeiliaoError } from '../../src/shared/errors.ts';
import { until } from '../support/until.ts';

const tenMinutes = 600_000;

/** A key server whose answer and clock the test sets; `asked` counts the requests. */
function keyServer() {
  const state = {
    keys: [] as JWK[],
    asked: 0,
    now: 0,
    answer: undefined as (() => Response | Promise<Response>) | undefined,
  };
  const requests: RequestInit[] = [];
  const ask: typeof fetch = async (_url, init) => {
    state.asked += 1;
    requests.push(init ?? {});
    return state.answer === undefined ? Response.json({ keys: state.keys }) : state.answer();
  };
  const logged: unknown[] = [];
  const log = { error: (...line: unknown[]) => void logged.push(line) };
  const keySet = createRemoteKeySet('https://id.example/keys?a=secret', { log, fetch: ask, now: () => state.now });
  return { state, requests, logged, keySet };
}

async function keyPair(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const token = await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  return { token, jwk: { ...(await exportJWK(publicKey)), kid } as JWK };
}

type Server = ReturnType<typeof keyServer>;

/** `good`, or the code or name of why a token is not. */
async function outcome({ keySet }: Server, token: string): Promise<string> {
  return jwtVerify(token, keySet).then(
    () => 'good',
    (error: unknown) => (error instanceof WeiliaoError ? error.code : (error as Error).name),
  );
}

const away = (): Response => new Response('away', { status: 503 });

test('keys are fetched once for all who wait, and are good for ten minutes', async () => {
  const server = keyServer();
  const { token, jwk } = await keyPair('one');
  server.state.keys = [jwk];
  expect(await Promise.all([outcome(server, token), outcome(server, token)])).toEqual(['good', 'good']);
  server.state.now = tenMinutes;
  expect(await outcome(server, token)).toBe('good');
  expect(server.state.asked).toBe(1);
  server.state.now += 1;
  expect(await outcome(server, token)).toBe('good');
  expect(server.state.asked).toBe(2);
});

test('keys that a token names are fetched before their time, once in five seconds at most', async () => {
  const server = keyServer();
  const [one, two] = [await keyPair('one'), await keyPair('two')];
  server.state.keys = [one.jwk];
  expect(await outcome(server, one.token)).toBe('good');
  for (let count = 0; count < 5; count += 1) expect(await outcome(server, two.token)).toBe('JWKSNoMatchingKey');
  expect(server.state.asked).toBe(1);
  server.state.keys = [one.jwk, two.jwk];
  server.state.now = 5_000;
  expect(await outcome(server, two.token)).toBe('good');
  expect(server.state.asked).toBe(2);
});

test('old keys stay good while the server is away, and nobody waits for it', async () => {
  const server = keyServer();
  const [one, two] = [await keyPair('one'), await keyPair('two')];
  server.state.keys = [one.jwk];
  expect(await outcome(server, one.token)).toBe('good');
  server.state.now = tenMinutes + 1;
  server.state.answer = () => new Promise<Response>(() => undefined);
  expect(await outcome(server, one.token)).toBe('good');
  expect(await outcome(server, one.token)).toBe('good');
  expect(server.state.asked).toBe(2);
  const other = keyServer();
  other.state.keys = [one.jwk];
  await outcome(other, one.token);
  other.state.now = 3 * tenMinutes;
  other.state.answer = away;
  expect(await outcome(other, one.token)).toBe('good');
  await until(() => other.logged.length === 1, 'the failure is told');
  expect(await outcome(other, two.token)).toBe('STORE_UNAVAILABLE');
});

test('without any key a token has to wait, and the server is tried once in five seconds at most', async () => {
  const server = keyServer();
  const { token, jwk } = await keyPair('one');
  server.state.answer = away;
  for (let count = 0; count < 5; count += 1) expect(await outcome(server, token)).toBe('STORE_UNAVAILABLE');
  expect(server.state.asked).toBe(1);
  server.state.now = 5_000;
  expect(await outcome(server, token)).toBe('STORE_UNAVAILABLE');
  expect(server.state.asked).toBe(2);
  expect(server.logged).toHaveLength(1);
  server.state.answer = undefined;
  server.state.keys = [jwk];
  server.state.now = 10_000;
  expect(await outcome(server, token)).toBe('good');
});

test.each<[string, () => Response]>([
  ['another status', away],
  [
    'a redirect, which is not followed',
    () => new Response(null, { status: 302, headers: { Location: 'http://evil.example' } }),
  ],
  ['more than a megabyte', () => new Response('x'.repeat(1_048_577))],
  ['what is no JSON', () => new Response('keys')],
  ['what are no keys', () => Response.json({ keys: 'none' })],
])('%s is no answer', async (_what, answer) => {
  const server = keyServer();
  server.state.answer = answer;
  expect(await outcome(server, (await keyPair('one')).token)).toBe('STORE_UNAVAILABLE');
  expect(server.requests).toMatchObject([{ redirect: 'manual' }]);
  expect(server.logged).toHaveLength(1);
});

test('an answer without end is not read to its end', async () => {
  const server = keyServer();
  let parts = 0;
  let cancelled = false;
  server.state.answer = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => {
          parts += 1;
          controller.enqueue(new Uint8Array(65_536));
        },
        cancel: () => void (cancelled = true),
      }),
    );
  expect(await outcome(server, (await keyPair('one')).token)).toBe('STORE_UNAVAILABLE');
  expect(parts).toBeLessThan(25);
  expect(cancelled).toBe(true);
});

test('that the server is away is told once in half a minute, without what its address may hold', async () => {
  const server = keyServer();
  const { token } = await keyPair('one');
  server.state.answer = away;
  for (let count = 0; count < 12; count += 1) {
    await outcome(server, token);
    server.state.now += 5_000;
  }
  expect(server.state.asked).toBe(12);
  expect(server.logged).toHaveLength(2);
  expect(server.logged[0]).toMatchObject([{ component: 'auth', host: 'id.example' }, expect.any(String)]);
  expect(JSON.stringify(server.logged)).not.toContain('secret');
});
