import { beforeEach, describe, expect, test } from 'vitest';
import { startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

/** 1001 and 1002 write to each other; 1003 wants to know. */
let api: Api;
beforeEach(async () => {
  api = startApi();
  await api.register('1001', '1002', '1003');
  await api.say('1001', '1002', 'between us', 5);
  api.model.calls.length = 0;
  api.writer.calls.length = 0;
});

const theirs = 'dm~1001~1002';
const places = [
  theirs,
  'dm~1001~4004',
  'dm~4004~5005',
  'dm~1002~1001',
  'dm~1001',
  'dm~1001~1002~1003',
  'dm~~',
  'group~',
  'conversation',
  '~',
  '%20',
  '..%2F..',
  '%E4%BD%A0',
  'x'.repeat(5_000),
];

type Ask = (conversation: string) => Promise<{ statusCode: number; body: string; headers: Record<string, unknown> }>;
const asks: Record<string, (user: string) => Ask> = {
  history: (user) => (conversation) => api.as(user).get(`/v1/conversations/${conversation}/messages`),
  'a deep page': (user) => (conversation) => api.as(user).get(`/v1/conversations/${conversation}/messages?before=3`),
  'a read mark': (user) => (conversation) => api.as(user).put(`/v1/conversations/${conversation}/read`, { seq: 1 }),
  'a read mark too high': (user) => (conversation) =>
    api.as(user).put(`/v1/conversations/${conversation}/read`, { seq: 1_000 }),
  'a message': (user) => (conversation) => api.as(user).get(`/v1/messages/${conversation}:1`),
  'a message without seq': (user) => (conversation) => api.as(user).get(`/v1/messages/${conversation}`),
  sending: (user) => (conversation) =>
    api.as(user).post('/v1/messages', { id: 'm', conversation: decodeURIComponent(conversation), msg: 'hello' }),
};

describe.each(Object.entries(asks))('%s', (_name, ask) => {
  test('of others looks like one that never was and one that cannot be, and no store is asked', async () => {
    const answers = await Promise.all(places.map(ask('1003')));
    const [expected] = answers;
    expect(expected!.statusCode).toBe(404);
    expect(JSON.parse(expected!.body)).toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    for (const { statusCode, body, headers } of answers) {
      expect(statusCode).toBe(404);
      expect(body).toBe(expected!.body);
      const ofTheMoment = { date: '', 'x-request-id': '' };
      expect({ ...headers, ...ofTheMoment }).toEqual({ ...expected!.headers, ...ofTheMoment });
    }
    expect(api.model.calls).toEqual([]);
    expect(api.writer.calls).toEqual([]);
  });

  test('of one’s own that never was looks the same', async () => {
    const own = await ask('1003')('dm~1001~1003');
    const others = await ask('1003')(theirs);
    expect(own.statusCode).toBe(404);
    expect(own.body).toBe(others.body);
  });
});

test.each(['history', 'a deep page', 'a message'])(
  '%s of a group looks the same to who is not in it as of one that never was',
  async (name) => {
    const message = { ...api.model.messages.get(`${theirs}:1`)!, _id: 'group~theirs:1', to: null };
    api.model.conversations.set('group~theirs', { ...api.model.conversations.get(theirs)!, _id: 'group~theirs' });
    api.model.join('1001', 'group~theirs');
    api.model.messages.set(message._id, message);
    const [there, nowhere] = [await asks[name]!('1003')('group~theirs'), await asks[name]!('1003')('group~nowhere')];
    expect(there.statusCode).toBe(404);
    expect(there.body).toBe(nowhere.body);
    expect((await asks[name]!('1001')('group~theirs')).statusCode).toBe(200);
  },
);

test('what is wrong with the request is told before, and alike for every conversation', async () => {
  for (const place of ['dm~1001~1002', 'dm~4004~5005', 'x']) {
    const answer = await api.as('1003').get(`/v1/conversations/${place}/messages?limit=0`);
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toBe((await api.as('1001').get(`/v1/conversations/${theirs}/messages?limit=0`)).body);
  }
});

test('the friend list and the original routes show nothing of others', async () => {
  expect((await api.as('1003').get('/v1/conversations')).json()).toEqual({ items: [], next: null });
  expect((await api.call({ url: '/message?fromId=1003&toId=1001' })).json()).toEqual([]);
  expect((await api.call({ url: '/user?fromId=1003' })).body).not.toContain('between us');
});

test('a place in somebody else’s friend list shows only one’s own', async () => {
  const before = Buffer.from(`${Number.MAX_SAFE_INTEGER}:${theirs}`).toString('base64url');
  const answer = await api.as('1003').get(`/v1/conversations?before=${before}`);
  expect(answer.json()).toEqual({ items: [], next: null });
});
