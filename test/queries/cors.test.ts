import { describe, expect, test } from 'vitest';
import { defaults, doorOf } from '../support/settings.ts';
import { startApi } from './support/api.ts';

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

const from = (allowedOrigins: '*' | string[] | undefined) =>
  startApi({ config: { ...defaults, door: doorOf({ allowedOrigins }) } });

describe('an origin that may call', () => {
  test('may ask before, and read the headers that matter', async () => {
    const { call } = from([origin, 'https://other.example']);
    const answer = await call(preflight);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers':
        'traceparent, X-User-Id, Authorization, Content-Type, Weiliao-Min-Position, X-Request-Id',
      vary: 'Origin',
    });
    const refused = await call({ url: '/v1/conversations', headers: { origin } });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Weiliao-Position, Retry-After, Location, X-Request-Id',
    });
    expect((await call({ url: '/nowhere', headers: { origin } })).headers['access-control-allow-origin']).toBe(origin);
  });

  test('is any where all are allowed, and is told so', async () => {
    const { call } = from('*');
    const answer = await call(preflight);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });
});

describe('an origin that may not call', () => {
  test.each<[string, string[] | undefined]>([
    ['is not listed', ['https://other.example']],
    ['none is listed', []],
    ['is elsewhere', undefined],
  ])('as it %s, is refused with a problem, its preflights too, and is counted', async (_why, allowed) => {
    const { call, model, refusals } = from(allowed);
    for (const asked of [preflight, { url: '/v1/conversations', headers: { origin, 'x-user-id': '1001' } }]) {
      const answer = await call(asked);
      expect(answer.statusCode).toBe(403);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.json()).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(model.calls).toEqual([]);
    expect(refusals).toEqual([
      { reason: 'origin', address: '127.0.0.1' },
      { reason: 'origin', address: '127.0.0.1' },
    ]);
  });
});
