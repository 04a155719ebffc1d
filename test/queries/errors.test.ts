import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorCodes } from '../../src/protocol/error-codes.ts';
import type { ErrorCode } from '../../src/protocol/error-codes.ts';
import { WeiliaoError } from '../../src/shared/errors.ts';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import { ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import { startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

let api: Api;
beforeEach(async () => {
  api = startApi();
  await api.register('1001', '1002');
  await api.say('1001', '1002');
});

const message = { id: 'm', to: '1002', msg: 'hello' };

describe('what a command refuses', () => {
  const refusals = Object.entries(errorCodes) as [ErrorCode, (typeof errorCodes)[ErrorCode]][];

  test.each(refusals)('%s is a problem with its status', async (code, { status, title }) => {
    api.writer.refusal = new WeiliaoError(code, 'in words', { cause: new Error('not for clients') });
    // By inject: not every command meets every code, and the document lists those that it does meet.
    const headers = { 'x-user-id': '1001' };
    const answer = await api.app.inject({ method: 'POST', url: '/v1/messages', headers, payload: message });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toEqual({
      type: `urn:weiliao:problem:${code.toLowerCase().replaceAll('_', '-')}`,
      title,
      status,
      detail: expect.any(String) as string,
      code,
    });
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'X-User-Id realm="weiliao"' : undefined);
    expect(answer.headers['retry-after']).toBe([429, 503].includes(status) ? '1' : undefined);
    expect(answer.headers['weiliao-position']).toBeUndefined();
    expect(answer.body).not.toContain('not for clients');
  });

  test('an event store that does not answer is STORE_UNAVAILABLE', async () => {
    api.writer.refusal = new EventStoreUnavailableError('connect ECONNREFUSED 10.0.0.1:2113');
    const answer = await api.as('1001').post('/v1/messages', message);
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(answer.body).not.toContain('10.0.0.1');
  });
});

const queries = [
  '/v1/users/1001',
  '/v1/conversations',
  '/v1/conversations/dm~1001~1002/messages',
  '/v1/messages/dm~1001~1002:1',
  '/message?fromId=1001&toId=1002',
  '/user?fromId=1001',
];

test.each(queries)('%s from a read model that does not answer is READ_MODEL_BEHIND', async (url) => {
  api.model.broken = new ReadModelUnavailableError('connect ECONNREFUSED 10.0.0.1:27017');
  const answer = await api.as('1001').get(url);
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'READ_MODEL_BEHIND' });
  expect(answer.body).not.toContain('10.0.0.1');
});

test.each(queries)('%s meeting an error nobody foresaw logs it once and tells nothing of it', async (url) => {
  api.model.broken = new TypeError('secret of the house');
  const answer = await api.as('1001').get(url);
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'INTERNAL', detail: 'internal error, logged by the server' });
  expect(answer.body).not.toContain('secret');
  expect(api.logged).toHaveLength(1);
  expect(api.logged[0]).toMatchObject({ event: 'request failed', error: { message: 'secret of the house' } });
});

test('the cause of an internal error is what is logged', async () => {
  api.writer.refusal = new WeiliaoError('INTERNAL', 'outside', { cause: new Error('inside') });
  expect((await api.as('1001').post('/v1/messages', message)).statusCode).toBe(500);
  expect(api.logged).toMatchObject([{ error: { message: 'inside' } }]);
});

describe('what the framework refuses', () => {
  const json = { 'content-type': 'application/json', 'x-user-id': '1001' };
  const post = (payload: string | Buffer | undefined, headers: Record<string, string> = json) =>
    api.app.inject({ method: 'POST', url: '/v1/messages', headers, ...(payload !== undefined && { payload }) });

  test.each<[string, number, () => ReturnType<typeof post>]>([
    ['half of a JSON text', 400, () => post('{"id":')],
    ['no JSON text', 400, () => post('hello')],
    ['an empty body', 400, () => post('')],
    ['no body', 400, () => post(undefined, { 'x-user-id': '1001' })],
    ['JSON that is not UTF-8', 400, () => post(Buffer.from('{"id":"m","to":"1002","msg":"\xff"}', 'latin1'))],
    ['a body over 64 KiB', 413, () => post(JSON.stringify({ ...message, pad: 'x'.repeat(65_536) }))],
    ['text', 415, () => post('hello', { ...json, 'content-type': 'text/plain' })],
    ['a form', 415, () => post('a=b', { ...json, 'content-type': 'application/x-www-form-urlencoded' })],
    [
      'a body that is gzipped',
      415,
      () => post(gzipSync(JSON.stringify(message)), { ...json, 'content-encoding': 'gzip' }),
    ],
    ['a body of another coding', 415, () => post('{}', { ...json, 'content-encoding': 'br' })],
    ['a content type that is none', 415, () => post('{}', { ...json, 'content-type': '\u00e4' })],
  ])('%s', async (_what, status, call) => {
    const answer = await call();
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status, code: 'BAD_FRAME', errors: [{ path: 'body' }] });
    expect(api.logged).toEqual([]);
  });

  test.each([
    ['GET', '/nothing'],
    ['GET', '/v1'],
    ['GET', '/docs/static/nothing.js'],
    ['GET', '/docs/static/../../package.json'],
    ['GET', '/docs/static/..%2f..%2fpackage.json'],
    ['DELETE', '/v1/nothing'],
    ['POST', '/v1/users/1001/nothing'],
    ['PROPFIND', '/nowhere'],
  ])('%s %s, which is nowhere', async (method, url) => {
    const answer = await api.app.inject({ method: method as 'GET', url });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  test.each([
    ['DELETE', '/v1/messages/dm~1001~1002:1', 'GET, HEAD'],
    ['PATCH', '/v1/messages', 'POST'],
    ['GET', '/v1/messages', 'POST'],
    ['HEAD', '/v1/messages', 'POST'],
    ['POST', '/message?fromId=1&toId=2', 'GET'],
    ['HEAD', '/message?fromId=1&toId=2', 'GET'],
    ['PUT', '/v1/users/1001', 'GET, HEAD, PATCH'],
    ['POST', '/v1/ws', 'GET, HEAD'],
    ['PROPFIND', '/openapi.json', 'GET, HEAD'],
  ])('%s %s, a method that the address does not take', async (method, url, allow) => {
    const answer = await api.app.inject({ method: method as 'GET', url });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers).toMatchObject({ allow, 'content-type': 'application/problem+json' });
    if (method !== 'HEAD') expect(answer.json()).toMatchObject({ code: 'BAD_FRAME', status: 405 });
  });

  test('tells what coding of a body is taken', async () => {
    const answer = await post(gzipSync('{}'), { ...json, 'content-encoding': 'gzip' });
    expect(answer.headers['accept-encoding']).toBe('identity');
    expect((await post(JSON.stringify(message), { ...json, 'content-encoding': 'identity' })).statusCode).toBe(201);
  });

  test('a path that cannot be decoded', async () => {
    const answer = await api.app.inject({ url: '/v1/users/%zz' });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'BAD_FRAME' });
  });
});

describe('what is no HTTP', () => {
  afterEach(() => api.app.close());

  test.each([
    ['HELLO\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('%.12j… is answered with a problem', async (bytes, status) => {
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((api.app.server.address() as AddressInfo).port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    const [head, body] = received.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body!)).toMatchObject({ status, code: 'BAD_FRAME' });
  });
});
