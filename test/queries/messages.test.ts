import { beforeEach, expect, test } from 'vitest';
import { startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

let api: Api;
beforeEach(async () => {
  api = startApi();
  await api.register('1001', '1002', '1003');
});

test('a message is acknowledged with its place', async () => {
  const answer = await api.as('1001').post('/v1/messages', { id: 'm-1', to: 1002, msg: '你好' });
  expect(answer.statusCode).toBe(201);
  expect(answer.json()).toEqual({
    id: 'm-1',
    message: 'dm~1001~1002:1',
    conversation: 'dm~1001~1002',
    seq: 1,
    revision: 0,
    sendDate: api.writer.now,
    duplicate: false,
  });
  expect(answer.headers['weiliao-position']).toBe(String(api.model.position));
  expect(answer.headers['location']).toBe('/v1/messages/dm~1001~1002%3A1');
});

test('the same message again gets the first values and 200', async () => {
  const first = await api.as('1001').post('/v1/messages', { id: 'm-1', to: '1002', msg: 'hello' });
  const again = await api.as('1001').post('/v1/messages', { id: 'm-1', to: '1002', msg: 'hello' });
  expect(again.statusCode).toBe(200);
  expect(again.json()).toEqual({ ...first.json<object>(), duplicate: true });
  expect(again.headers['weiliao-position']).toBe(first.headers['weiliao-position']);
});

test('the same id with another text is a conflict', async () => {
  await api.as('1001').post('/v1/messages', { id: 'm-1', to: '1002', msg: 'hello' });
  const answer = await api.as('1001').post('/v1/messages', { id: 'm-1', to: '1002', msg: 'good bye' });
  expect(answer.statusCode).toBe(409);
  expect(answer.json()).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
});

test('a message may name the conversation instead of the addressee', async () => {
  await api.say('1001', '1002');
  const answer = await api.as('1002').post('/v1/messages', { id: 'm', conversation: 'dm~1001~1002', msg: 'hello' });
  expect(answer.statusCode).toBe(201);
  expect(answer.json()).toMatchObject({ conversation: 'dm~1001~1002', seq: 2 });
});

test('nobody is written to whom nobody registered', async () => {
  const answer = await api.as('1001').post('/v1/messages', { id: 'm', to: 'nobody', msg: 'hello' });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ code: 'USER_NOT_FOUND' });
});

test.each<[string, object, string[]]>([
  ['no addressee', { id: 'm', msg: 'a' }, ['to', 'conversation']],
  ['two addressees', { id: 'm', msg: 'a', to: '1', conversation: 'dm~1~2' }, ['to', 'conversation']],
  ['no id', { to: '1002', msg: 'a' }, ['id']],
  ['an id of 65 characters', { id: 'x'.repeat(65), to: '1002', msg: 'a' }, ['id']],
  ['an id that is a number', { id: 5, to: '1002', msg: 'a' }, ['id']],
  ['an empty text', { id: 'm', to: '1002', msg: '' }, ['msg']],
  ['a text of 8,193 bytes', { id: 'm', to: '1002', msg: 'x'.repeat(8193) }, ['msg']],
  ['a text of 8,193 bytes in 2,731 characters', { id: 'm', to: '1002', msg: '文'.repeat(2731) }, ['msg']],
  ['a text that is a number', { id: 'm', to: '1002', msg: 1 }, ['msg']],
  ['a conversation that is a number', { id: 'm', conversation: 1, msg: 'a' }, ['conversation']],
])('a message with %s names each wrong field', async (_what, body, paths) => {
  const answer = await api.as('1001').post('/v1/messages', body);
  expect(answer.statusCode).toBe(400);
  const problem = answer.json<{ code: string; errors: { path: string }[] }>();
  expect(problem.code).toBe('BAD_FRAME');
  expect(problem.errors.map(({ path }) => path).sort()).toEqual(paths.sort());
  expect(api.model.messages.size).toBe(0);
});

test('a text of 8,192 bytes is sent', async () => {
  const answer = await api.as('1001').post('/v1/messages', { id: 'm', to: '1002', msg: 'x'.repeat(8192) });
  expect(answer.statusCode).toBe(201);
});

test('both participants look a message up', async () => {
  const { message, sendDate } = await api.say('1001', '1002', 'hello');
  const expected = {
    id: message,
    clientId: expect.any(String) as string,
    conversation: 'dm~1001~1002',
    seq: 1,
    revision: 0,
    from: { id: '1001', username: 'name of 1001' },
    to: { id: '1002', username: 'name of 1002' },
    msg: 'hello',
    status: 1,
    sendDate,
    readDate: null,
  };
  for (const user of ['1001', '1002']) {
    for (const id of [message, encodeURIComponent(message)]) {
      expect((await api.as(user).get(`/v1/messages/${id}`)).json()).toEqual(expected);
    }
  }
});

test('a group message has no addressee, and its status is the reader’s own', async () => {
  const { message } = await api.say('1001', '1002', 'hello');
  const group = 'group~friends';
  const document = { ...api.model.messages.get(message)!, _id: `${group}:1`, conversation: group, to: null };
  api.model.messages.set(document._id, document);
  api.model.conversations.set(group, { ...api.model.conversations.get('dm~1001~1002')!, _id: group });
  for (const [user, read_seq] of [
    ['1001', 0],
    ['1002', 1],
    ['1003', 0],
  ] as const) {
    api.model.join(user, group, { read_seq, read_date: read_seq * 7 });
  }
  const seenBy = async (user: string) => (await api.as(user).get(`/v1/messages/${group}:1`)).json<object>();
  expect(await seenBy('1001')).toMatchObject({ to: null, status: 2 });
  expect(await seenBy('1002')).toMatchObject({ to: null, status: 2, readDate: 7 });
  expect(await seenBy('1003')).toMatchObject({ to: null, status: 1, readDate: null });
  const items = (await api.as('1003').get(`/v1/conversations/${group}/messages`)).json<{ items: object[] }>().items;
  expect(items).toEqual([await seenBy('1003')]);
  expect((await api.as('1004').get(`/v1/messages/${group}:1`)).statusCode).toBe(404);
});

test('who joined a group later sees what came after, and nothing of before', async () => {
  await api.say('1001', '1002', 'hello', 3);
  const group = 'group~friends';
  for (const seq of [1, 2, 3]) {
    const document = { ...api.model.messages.get(`dm~1001~1002:${seq}`)!, _id: `${group}:${seq}`, conversation: group };
    api.model.messages.set(document._id, { ...document, to: null });
  }
  api.model.conversations.set(group, { ...api.model.conversations.get('dm~1001~1002')!, _id: group });
  api.model.join('1003', group, { joined_seq: 2 });
  const seqs = async (query: string) => {
    const answer = await api.as('1003').get(`/v1/conversations/${group}/messages${query}`);
    return answer.json<{ items: { seq: number }[] }>().items.map(({ seq }) => seq);
  };
  expect(await seqs('')).toEqual([3]);
  expect(await seqs('?before=3')).toEqual([]);
  expect(await seqs('?after=0')).toEqual([3]);
  expect((await api.as('1003').get(`/v1/messages/${group}:2`)).statusCode).toBe(404);
  expect((await api.as('1003').get(`/v1/messages/${group}:3`)).statusCode).toBe(200);
});
