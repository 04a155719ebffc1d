import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { beforeEach, expect, test } from 'vitest';
import { problemSchema } from '../../src/queries/problem.ts';
import { startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

let api: Api;
beforeEach(async () => {
  api = startApi();
  await api.register('1001', '1002', '1003');
  await api.say('1001', '1002', 'hello', 5);
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 10 }),
  fc.constantFrom('', '0', '1', '-1', '2', '007', '1e3', '9007199254740993', '99999999999999999', 'null', '__proto__'),
  fc.constantFrom('1001', '1002', '1003', 'nobody', 'dm~1001~1002', 'dm~1002~1001', 'dm~1001~1002:3', 'group~x'),
);
/** In a path or a query: as it is, encoded, or what no decoder takes. */
const urlText = fc.oneof(
  text.map((raw) => encodeURIComponent(raw.toWellFormed())),
  text.map((raw) => raw.toWellFormed().replaceAll(/[#?\s\\]/g, '')),
  fc.constantFrom('%', '%zz', '%00', '%ff', '..', '%2e%2e', '%2F', '~'),
);
const path = fc.oneof(
  fc.constantFrom('/v1/users', '/v1/messages', '/v1/conversations', '/message', '/user', '/', '/docs', '/healthz'),
  urlText.map((id) => `/v1/users/${id}`),
  urlText.map((id) => `/v1/messages/${id}`),
  urlText.map((id) => `/v1/conversations/${id}/messages`),
  urlText.map((id) => `/v1/conversations/${id}/read`),
  urlText.map((file) => `/docs/static/${file}`),
  fc.array(urlText, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
);
const names = fc.constantFrom(
  'limit',
  'before',
  'after',
  'asOf',
  'fromId',
  'toId',
  'page',
  'rows',
  '__proto__',
  'x[y]',
);
const query = fc
  .array(fc.tuple(fc.oneof(names, urlText), urlText), { maxLength: 4 })
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`));

const value = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.integer());
const body = fc.oneof(
  fc.record({ id: value, username: value, avatar: value }, { requiredKeys: [] }),
  fc.record({ id: value, to: value, conversation: value, msg: value }, { requiredKeys: [] }),
  fc.record({ seq: value }, { requiredKeys: [] }),
  fc.jsonValue(),
);
const payload = fc.oneof(
  body.map((json) => JSON.stringify(json)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.string(),
  fc.constant(undefined),
);
const headerText = fc.stringMatching(/^[\x20-\x7e]{0,20}$/);
const headers = fc.record(
  {
    'x-user-id': fc.oneof({ weight: 4, arbitrary: fc.constantFrom('1001', '1002', '1003') }, headerText),
    'weiliao-min-position': fc.oneof(
      fc.constantFrom('0', '3', '0003'),
      headerText.map((raw) => `${raw}!`),
    ),
    'content-type': fc.oneof(
      { weight: 8, arbitrary: fc.constant('application/json') },
      fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=utf-16', 'multipart/form-data'),
      headerText,
    ),
    'accept-encoding': headerText,
    authorization: headerText,
    origin: headerText,
  },
  { requiredKeys: ['content-type'] },
);
const method = fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD');

test('whatever is asked, the answer is well-formed and no error is unforeseen', async () => {
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, payload, async (verb, where, what, head, bytes) => {
      const request: InjectOptions = { method: verb, url: where + what, headers: head };
      if (bytes !== undefined && verb !== 'GET' && verb !== 'HEAD') request.payload = bytes;
      const { statusCode, body: answer, headers: told } = await api.app.inject(request);
      expect(api.logged).toEqual([]);
      expect(statusCode).toBeLessThan(500);
      if (verb === 'HEAD' || statusCode === 204 || statusCode === 302) return;
      if (statusCode >= 400) {
        expect(told['content-type']).toBe('application/problem+json');
        const problem = problemSchema.parse(JSON.parse(answer));
        expect(problem.status).toBe(statusCode);
      } else if (where.startsWith('/v1/') || where.startsWith('/message') || where.startsWith('/user')) {
        expect(told['content-type']).toBe('application/json; charset=utf-8');
        expect(() => JSON.parse(answer) as unknown).not.toThrow();
      }
    }),
    { numRuns: 1_500 },
  );
});
