import { SignJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { WeiliaoError } from '../../src/shared/errors.ts';
import { jwt, secret, startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

const guarded = [
  { method: 'POST', url: '/v1/messages' },
  { method: 'GET', url: '/v1/messages/dm~1001~1002:1' },
  { method: 'GET', url: '/v1/conversations' },
  { method: 'GET', url: '/v1/conversations/dm~1001~1002/messages' },
  { method: 'PUT', url: '/v1/conversations/dm~1001~1002/read' },
] as const;

const open = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/asyncapi.json'];

describe('without tokens', () => {
  let api: Api;
  beforeEach(() => (api = startApi()));

  test.each(guarded)('$method $url needs X-User-Id, before anything else is looked at', async (request) => {
    for (const name of [undefined, '', 'a b', 'x'.repeat(65), '1001, 1002']) {
      const headers = name === undefined ? {} : { 'x-user-id': name };
      const answer = await api.call({ ...request, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('X-User-Id realm="weiliao"');
      expect(answer.json()).toMatchObject({ code: 'NOT_AUTHENTICATED' });
    }
    expect(api.model.calls).toEqual([]);
  });

  test('a token names nobody', async () => {
    const answer = await api.call({ url: '/v1/conversations', headers: { authorization: `Bearer ${await token()}` } });
    expect(answer.statusCode).toBe(401);
  });

  test.each(open)('%s is open', async (url) => {
    expect((await api.call({ url })).statusCode).toBe(200);
  });
});

async function token(sub = '1001', { key = secret, expires = '1h' } = {}) {
  const made = new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires);
  return made.sign(new TextEncoder().encode(key));
}

describe('with tokens', () => {
  let api: Api;
  let bearer: Record<string, string>;
  beforeEach(async () => {
    api = startApi({ auth: jwt });
    bearer = { authorization: `Bearer ${await token()}` };
  });

  const all = [...guarded, { method: 'POST', url: '/v1/users' }, { method: 'GET', url: '/v1/users/1001' }] as const;

  test.each(all)('$method $url needs one, and X-User-Id is none', async (request) => {
    const expired = await token('1001', { expires: '-1h' });
    const forged = await token('1001', { key: 'another secret of thirty-two chars' });
    const headers: Record<string, string>[] = [
      {},
      { 'x-user-id': '1001' },
      { authorization: 'Bearer' },
      { authorization: 'Basic MTAwMTpwdw==' },
      { authorization: `Bearer ${expired}` },
      { authorization: `Bearer ${forged}`, 'x-user-id': '1001' },
      { authorization: `Bearer ${forged} ${await token()}` },
    ];
    for (const given of headers) {
      const answer = await api.call({ ...request, headers: given });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="weiliao"');
      expect(answer.json()).toMatchObject({ code: 'NOT_AUTHENTICATED' });
      expect(answer.body).not.toContain(forged);
    }
    expect(api.model.calls).toEqual([]);
  });

  test('the token says who asks, whatever X-User-Id says', async () => {
    await api.register('1001', '1002', '1003');
    const headers = { ...bearer, 'x-user-id': '1003' };
    const sent = await api.call({
      method: 'POST',
      url: '/v1/messages',
      headers,
      payload: { id: 'm', to: '1002', msg: 'hello' },
    });
    expect(sent.json()).toMatchObject({ conversation: 'dm~1001~1002' });
    const seen = await api.call({
      url: '/v1/conversations',
      headers: { authorization: bearer.authorization!.replace('Bearer', 'bearer') },
    });
    expect(seen.json()).toMatchObject({ items: [{ conversation: 'dm~1001~1002' }] });
  });

  test('a user registers themselves, and nobody else', async () => {
    const register = (id: string) =>
      api.call({ method: 'POST', url: '/v1/users', headers: bearer, payload: { id, username: 'somebody' } });
    expect((await register('1001')).statusCode).toBe(201);
    const other = await register('1002');
    expect(other.statusCode).toBe(403);
    expect(other.json()).toMatchObject({ code: 'FORBIDDEN' });
    expect([...api.model.users.keys()]).toEqual(['1001']);
    expect((await api.call({ url: '/v1/users/1001', headers: bearer })).statusCode).toBe(200);
  });

  test.each(open)('%s is open', async (url) => {
    expect((await api.call({ url })).statusCode).toBe(200);
  });
});

test('keys out of reach are 503, not 401', async () => {
  const unreachable = new WeiliaoError('STORE_UNAVAILABLE', 'the token cannot be checked now');
  const api = startApi({ authenticator: { mode: 'jwt', verify: () => Promise.reject(unreachable) } });
  const answer = await api.call({ url: '/v1/conversations', headers: { authorization: 'Bearer x' } });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('1');
});

test('the server tells what it is, and who asks', async () => {
  const open = startApi();
  const info = { name: 'weiliao', version: expect.any(String) as string };
  expect((await open.call({ url: '/v1/info' })).json()).toEqual({ ...info, auth: 'none', user: null });
  expect((await open.as('1001').get('/v1/info')).json()).toEqual({ ...info, auth: 'none', user: '1001' });
  const closed = startApi({ auth: jwt });
  const ask = async (bearer: string) => {
    const answer = await closed.call({ url: '/v1/info', headers: { authorization: `Bearer ${bearer}` } });
    return answer.json<{ auth: string; user: string | null }>();
  };
  expect(await ask(await token('1002'))).toEqual({ ...info, auth: 'jwt', user: '1002' });
  expect(await ask('nonsense')).toEqual({ ...info, auth: 'jwt', user: null });
});
