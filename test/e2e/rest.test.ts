import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { newUser, sharedServer, startServer } from '../support/server.ts';
import type { RestOptions } from '../support/server.ts';
import { conversationOf, enter } from '../support/socket.ts';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

interface Page {
  readonly items: { readonly seq: number; readonly id: string }[];
  readonly lastSeq: number;
}

const server = sharedServer();

/** Expects RFC 9457 with this status and code. */
async function expectProblem(
  method: string,
  path: string,
  options: RestOptions,
  status: number,
  code: string,
): Promise<void> {
  const answer = await server().rest<Problem>(method, path, options);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ status, code });
  for (const field of ['type', 'title', 'detail'] as const) expect(typeof answer.body[field]).toBe('string');
}

async function pair(messages: number) {
  const [a, b] = [newUser('a'), newUser('b')];
  await server().register(a, b);
  const conversation = conversationOf(a, b);
  const alice = await enter(server(), a);
  for (let count = 1; count <= messages; count += 1)
    alice.send({ type: 'send', id: `m${count}`, to: b, msg: `m${count}` });
  for (let count = 1; count <= messages; count += 1) await alice.ack(`m${count}`);
  return { a, b, conversation, path: `/v1/conversations/${conversation}/messages` };
}

describe('users', () => {
  test('are registered once: 201, 200 when the same, 409 when another', async () => {
    const user = { id: newUser(), username: 'Li Si', avatar: '/li.png' };
    const first = await server().rest('POST', '/v1/users', { body: user });
    expect(first).toMatchObject({ status: 201, body: user });
    expect(first.headers.get('weiliao-position')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await server().rest('POST', '/v1/users', { body: user })).toMatchObject({ status: 200, body: user });
    for (const other of [{ username: 'x' }, { avatar: null }, { avatar: '/x.png' }]) {
      await expectProblem('POST', '/v1/users', { body: { ...user, ...other } }, 409, 'USER_EXISTS');
    }
    expect(await server().get(`/v1/users/${user.id}`)).toEqual(user);
  });

  test('registered twice at once are one user', async () => {
    const id = newUser();
    const bodies = Array.from({ length: 10 }, (_, index) => ({ id, username: `name ${index % 2}` }));
    const answers = await Promise.all(bodies.map((body) => server().rest('POST', '/v1/users', { body })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
  });

  test('may be named by a number', async () => {
    expect((await server().rest('POST', '/v1/users', { body: { id: 4711, username: 'x' } })).body).toMatchObject({
      id: '4711',
    });
  });

  test('that are not there: 404', () => expectProblem('GET', '/v1/users/nobody', {}, 404, 'USER_NOT_FOUND'));

  test.each([
    {},
    { id: 'u' },
    { id: 'a b', username: 'x' },
    { id: 'u', username: '' },
    { id: 'u', username: 'x'.repeat(129) },
    { id: 'u', username: '\ud800' },
    { id: 'u', username: 'x', avatar: 5 },
    { id: 1e300, username: 'x' },
    [],
    'text',
  ])('are refused where the body is %j', (body) =>
    expectProblem('POST', '/v1/users', { body: JSON.stringify(body) }, 400, 'BAD_FRAME'),
  );
});

describe('messages', () => {
  test('are found by their id, by both sides', async () => {
    const { a, b, conversation } = await pair(1);
    const message = await server().get(`/v1/messages/${conversation}:1`, a);
    expect(message).toMatchObject({
      id: `${conversation}:1`,
      clientId: 'm1',
      seq: 1,
      revision: 0,
      status: 1,
      readDate: null,
    });
    expect(await server().get(`/v1/messages/${encodeURIComponent(`${conversation}:1`)}`, b)).toEqual(message);
  });

  test.each(['0', '2', '01', '1.0', 'x', '', '9'.repeat(30), '-1'])(
    'with the seq %j are not there: 404',
    async (seq) => {
      const { a, conversation } = await pair(1);
      await expectProblem('GET', `/v1/messages/${conversation}:${seq}`, { as: a }, 404, 'CONVERSATION_NOT_FOUND');
    },
  );

  test('are paged by seq: newest first before, oldest first after', async () => {
    const { a, path } = await pair(120);
    const seqs = async (query: string) => (await server().get<Page>(`${path}${query}`, a)).items.map(({ seq }) => seq);
    const range = (from: number, to: number) =>
      Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + Math.sign(to - from) * index);
    expect(await seqs('')).toEqual(range(120, 71));
    expect(await seqs('?limit=3')).toEqual([120, 119, 118]);
    expect(await seqs('?limit=200')).toEqual(range(120, 1));
    expect(await seqs('?before=71&limit=70')).toEqual(range(70, 1));
    expect(await seqs('?before=1')).toEqual([]);
    expect(await seqs('?before=99999&limit=1')).toEqual([120]);
    expect(await seqs('?after=0&limit=2')).toEqual([1, 2]);
    expect(await seqs('?after=118')).toEqual([119, 120]);
    expect(await seqs('?after=120')).toEqual([]);
    expect((await server().get<Page>(`${path}?before=2`, a)).lastSeq).toBe(120);
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=1&limit=2',
    'before=0',
    'before=-1',
    'after=-1',
    'after=1.5',
    'before=5&after=1',
    'limit=',
    'before=1e3',
  ])('are not paged by %s', async (query) => {
    const { a, path } = await pair(1);
    await expectProblem('GET', `${path}?${query}`, { as: a }, 400, 'BAD_FRAME');
  });

  test('are refused as on a socket', async () => {
    const { a, b } = await pair(1);
    const good = { id: 'i', to: b, msg: 'm' };
    const post = (body: object, status: number, code: string) =>
      expectProblem('POST', '/v1/messages', { as: a, body }, status, code);
    await post({ ...good, to: 'nobody' }, 404, 'USER_NOT_FOUND');
    await post({ ...good, to: undefined, conversation: 'dm~x~y' }, 404, 'CONVERSATION_NOT_FOUND');
    await post({ ...good, conversation: 'dm~x~y' }, 400, 'BAD_FRAME');
    await post({ ...good, id: 'm1' }, 409, 'IDEMPOTENCY_CONFLICT');
    for (const wrong of [
      { id: '' },
      { id: 'ü' },
      { to: undefined },
      { msg: '' },
      { msg: 'x'.repeat(8_193) },
      { msg: '\udfff' },
    ]) {
      await post({ ...good, ...wrong }, 400, 'BAD_FRAME');
    }
  });
});

describe('every route', () => {
  const guarded: [string, string, unknown?][] = [
    ['GET', '/v1/conversations'],
    ['GET', '/v1/conversations/dm~a~b/messages'],
    ['PUT', '/v1/conversations/dm~a~b/read', { seq: 1 }],
    ['GET', '/v1/messages/dm~a~b:1'],
    ['POST', '/v1/messages', { id: 'i', to: 'b', msg: 'm' }],
  ];
  test.each(guarded)('%s %s asks who is there: 401', async (method, path, body) => {
    await expectProblem(method, path, { body }, 401, 'NOT_AUTHENTICATED');
    await expectProblem(method, path, { body, as: 'a b' }, 401, 'NOT_AUTHENTICATED');
    await expectProblem(method, path, { body, as: 'a~b' }, 401, 'NOT_AUTHENTICATED');
  });

  test('that is none is a problem too: 404, and 405 where only the method is wrong', async () => {
    for (const path of ['/v1', '/v1/nothing', '/.env', '/v1/conversations/a/b']) {
      await expectProblem('GET', path, { as: 'a' }, 404, 'NOT_FOUND');
    }
    await expectProblem('DELETE', '/v1/messages/dm~a~b:1', { as: 'a' }, 405, 'BAD_FRAME');
  });

  test('takes JSON alone', async () => {
    const post = (body: string, type: string, status: number) =>
      expectProblem('POST', '/v1/messages', { as: 'a', body, headers: { 'Content-Type': type } }, status, 'BAD_FRAME');
    await post('{"id":', 'application/json', 400);
    await post('', 'application/json', 400);
    await post('id=i&to=b&msg=m', 'application/x-www-form-urlencoded', 415);
    await post('<a/>', 'text/xml', 415);
    await post(JSON.stringify({ id: 'i', to: 'b', msg: 'x'.repeat(70_000) }), 'application/json', 413);
  });

  test('answers what is no HTTP with 400 and lives on', async () => {
    const socket = connect(server().httpPort, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (data: string) => (text += data));
    socket.write('\u0016\u0003\u0001 nonsense\r\n\r\n');
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('application/problem+json');
    expect(await server().get('/healthz')).toEqual({ status: 'ok' });
  });

  test('may be asked with a path that cannot be decoded: 400 or 404', async () => {
    const status = await new Promise((resolve, reject) => {
      request({ port: server().httpPort, path: '/v1/users/%ff%', host: '127.0.0.1' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect([400, 404]).toContain(status);
  });
});

describe('reading one\u2019s own writes', () => {
  test('an answer\u2019s position, sent back, is waited for', async () => {
    const { a, b, path } = await pair(1);
    for (let count = 2; count <= 30; count += 1) {
      const sent = await server().rest('POST', '/v1/messages', { as: a, body: { id: `m${count}`, to: b, msg: 'm' } });
      const position = sent.headers.get('weiliao-position')!;
      const headers = { 'Weiliao-Min-Position': position };
      const page = await server().rest<Page>('GET', path, { as: b, headers });
      expect(page.body.lastSeq).toBe(count);
    }
  });

  test('a position that does not come is 503 after 2 s', async () => {
    const { a, path } = await pair(1);
    const begun = Date.now();
    const headers = { 'Weiliao-Min-Position': '999999999' };
    await expectProblem('GET', path, { as: a, headers }, 503, 'READ_MODEL_BEHIND');
    expect(Date.now() - begun).toBeGreaterThan(1_900);
    await expectProblem('GET', path, { as: a, headers: { 'Weiliao-Min-Position': 'x' } }, 400, 'BAD_FRAME');
  });
});

describe('browsers', () => {
  const origin = 'http://localhost:3000';

  test('of this machine may read, the position too', async () => {
    const { headers } = await server().rest('GET', '/healthz', { headers: { Origin: origin } });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')).toContain('Weiliao-Position');
    const preflight = await server().rest('OPTIONS', '/v1/messages', {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'x-user-id, content-type, weiliao-min-position',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    const allowed = preflight.headers.get('access-control-allow-headers')!.toLowerCase();
    for (const name of ['x-user-id', 'content-type', 'weiliao-min-position', 'authorization'])
      expect(allowed).toContain(name);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
  });
});

describe('operations', () => {
  test('tell of themselves', async () => {
    expect(await server().get('/healthz')).toEqual({ status: 'ok' });
    expect(await server().get('/readyz')).toMatchObject({ ready: true });
    expect(await server().get('/openapi.json')).toMatchObject({ openapi: expect.stringMatching(/^3\./) as string });
    expect(await server().get('/asyncapi.json')).toMatchObject({ asyncapi: expect.stringMatching(/^3\./) as string });
    expect((await server().rest('GET', '/docs')).status).toBeLessThan(400);
    expect(await server().get<string>('/metrics')).toMatch(/^# HELP /m);
  });

  test('count what happens, under no user\u2019s name', async () => {
    const own = await startServer();
    const alice = await enter(own, 'alice-in-metrics');
    await alice.say('alice-in-metrics', 'note');
    const metrics = await own.get<string>('/metrics');
    expect(metrics).toMatch(/outcome="accepted"/);
    expect(metrics).not.toContain('alice-in-metrics');
  });
});
