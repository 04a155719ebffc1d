import { describe, expect, test } from 'vitest';
import { jwt, startApi } from './support/api.ts';

const origin = 'https://chat.example';
const preflight = {
  method: 'OPTIONS',
  url: '/v1/messages',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-user-id',
  },
} as const;

describe('without tokens', () => {
  test('any origin may ask, and read the headers that matter', async () => {
    const { call } = startApi();
    const answer = await call(preflight);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, PUT',
      'access-control-allow-headers': 'X-User-Id, Authorization, Content-Type, Weiliao-Min-Position',
    });
    const refused = await call({ url: '/v1/conversations', headers: { origin } });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Weiliao-Position, Retry-After',
    });
    expect((await call({ url: '/nowhere', headers: { origin } })).headers['access-control-allow-origin']).toBe('*');
  });
});

describe('with tokens', () => {
  const config = (corsOrigins: string[]) => ({ config: { auth: jwt, corsOrigins } });

  test('the listed origins may ask', async () => {
    const { call } = startApi(config([origin, 'https://other.example']));
    const answer = await call(preflight);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    const stranger = await call({ ...preflight, headers: { ...preflight.headers, origin: 'https://evil.example' } });
    expect(stranger.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('no origin may where none is listed', async () => {
    const { call } = startApi(config([]));
    expect((await call(preflight)).headers['access-control-allow-origin']).toBeUndefined();
    const answer = await call({ url: '/healthz', headers: { origin } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});
