import { expect, test } from 'vitest';
import { defaults } from '../support/settings.ts';
import { jwt, startApi } from './support/api.ts';

test('a user is registered once, and looked up by anybody', async () => {
  const { call } = startApi();
  const zhangsan = { id: '1001', username: 'zhangsan', avatar: '/zhangsan.png' };
  const created = await call({ method: 'POST', url: '/v1/users', payload: zhangsan });
  expect(created.statusCode).toBe(201);
  expect(created.json()).toEqual(zhangsan);
  expect(created.headers).toMatchObject({ location: '/v1/users/1001', 'weiliao-position': '1' });

  const again = await call({ method: 'POST', url: '/v1/users', payload: { ...zhangsan, id: 1001 } });
  expect(again.statusCode).toBe(200);
  expect(again.json()).toEqual(zhangsan);
  expect(again.headers).toHaveProperty('weiliao-position');

  expect((await call({ url: '/v1/users/1001' })).json()).toEqual(zhangsan);
});

test('the avatar may be left out, and unknown fields are ignored', async () => {
  const { call } = startApi();
  const payload = { id: 'a', username: '甲', admin: true };
  const created = await call({ method: 'POST', url: '/v1/users', payload });
  expect(created.json()).toEqual({ id: 'a', username: '甲', avatar: null });
});

test('an id belongs to the first one who took it', async () => {
  const { call, register } = startApi();
  await register('1001');
  const refused = await call({ method: 'POST', url: '/v1/users', payload: { id: '1001', username: 'somebody else' } });
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toMatchObject({ code: 'USER_EXISTS', status: 409 });
});

test('nobody is USER_NOT_FOUND', async () => {
  const { call } = startApi();
  const answer = await call({ url: '/v1/users/nobody' });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ code: 'USER_NOT_FOUND' });
});

test('a user whom the read model does not have yet is found in the log', async () => {
  const { call, writer } = startApi();
  writer.registeredOnly.set('1001', { id: '1001', username: 'zhangsan', avatar: null });
  expect((await call({ url: '/v1/users/1001' })).json()).toEqual({ id: '1001', username: 'zhangsan', avatar: null });
});

const long = (length: number) => 'x'.repeat(length);

test.each<[string, unknown, string[]]>([
  ['nothing', {}, ['id', 'username']],
  ['an array', [], ['body']],
  ['a text', '"1001"', ['body']],
  ['null', 'null', ['body']],
  ['an id with a space', { id: 'a b', username: 'a' }, ['id']],
  ['an empty id', { id: '', username: 'a' }, ['id']],
  ['an id of 65 characters', { id: long(65), username: 'a' }, ['id']],
  ['an id that is true', { id: true, username: 'a' }, ['id']],
  ['an id that is no decimal text', { id: 1e21, username: 'a' }, ['id']],
  ['an empty name', { id: 'a', username: '' }, ['username']],
  ['a name of 129 characters', { id: 'a', username: long(129) }, ['username']],
  ['half of a surrogate pair', '{"id":"a","username":"\\ud800"}', ['username']],
  ['an avatar that is a number', { id: 'a', username: 'a', avatar: 1 }, ['avatar']],
  ['several faults', { id: '', username: 1, avatar: long(2049) }, ['id', 'username', 'avatar']],
])('a registration of %s names each wrong field', async (_what, body, paths) => {
  const { call } = startApi();
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  const answer = await call({ method: 'POST', url: '/v1/users', payload, headers });
  expect(answer.statusCode).toBe(400);
  const problem = answer.json<{ code: string; errors: { path: string; message: string }[] }>();
  expect(problem.code).toBe('BAD_FRAME');
  expect(problem.errors.map(({ path }) => path)).toEqual(paths);
});

test('a path that holds no user id is refused', async () => {
  const { call } = startApi();
  const answer = await call({ url: '/v1/users/a%20b' });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'BAD_FRAME', errors: [{ path: 'id' }] });
});

test('users are found by what their id or name begins with', async () => {
  const { call, register } = startApi();
  await register('1001', '1002', '2001');
  const found = async (query: string) =>
    (await call({ url: `/v1/users?${query}` })).json<{ items: { id: string }[] }>();
  expect(await found('query=100')).toEqual({
    items: ['1001', '1002'].map((id) => ({ id, username: `name of ${id}`, avatar: null })),
  });
  expect((await found('query=name%20of%202')).items).toMatchObject([{ id: '2001' }]);
  expect((await found('query=name&limit=2')).items).toHaveLength(2);
  expect(await found('query=nobody')).toEqual({ items: [] });
});

test.each(['', 'query=', `query=${'x'.repeat(257)}`, 'query=a&limit=0', 'query=a&limit=201', 'query=a&query=b'])(
  'a search for ?%s is refused',
  async (query) => {
    const answer = await startApi().call({ url: `/v1/users?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'BAD_FRAME' });
  },
);

test('with tokens nobody can look through users', async () => {
  const { app } = startApi({ auth: jwt, config: { ...defaults, directory: false } });
  expect((await app.inject({ url: '/v1/users?query=a' })).statusCode).toBe(404);
});
