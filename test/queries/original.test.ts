import { beforeEach, describe, expect, test } from 'vitest';
import { WeiliaoError } from '../../src/shared/errors.ts';
import { jwt, startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

interface Row {
  seq: number;
  status: number;
}

let api: Api;
beforeEach(async () => {
  api = startApi();
  await api.register('1001', '1002', '1003', 'li.si', '007');
});

describe('/message', () => {
  const page = async (query: string) => {
    const answer = await api.call({ url: `/message?${query}` });
    expect(answer.statusCode).toBe(200);
    return answer.json<Row[]>();
  };
  const seqs = async (query: string) => (await page(query)).map(({ seq }) => seq);

  test('pages both directions, oldest first', async () => {
    await api.say('1001', '1002', 'hello', 12);
    await api.say('1002', '1001', 'hello', 13);
    expect(await seqs('fromId=1001&toId=1002')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await seqs('fromId=1002&toId=1001&page=3')).toEqual([21, 22, 23, 24, 25]);
    expect(await seqs('fromId=1001&toId=1002&page=2&rows=20')).toEqual([21, 22, 23, 24, 25]);
    expect(await seqs('fromId=1001&toId=1002&page=4')).toEqual([]);
    expect(await seqs('fromId=1001&toId=1002&page=45035996273704&rows=200')).toEqual([]);
  });

  test('marks what was sent to the reader on that page, and shows it as it was before', async () => {
    await api.say('1001', '1002', 'hello', 4);
    await api.say('1002', '1001', 'hello');
    expect((await page('fromId=1002&toId=1001&rows=2')).map(({ status }) => status)).toEqual([1, 1]);
    expect((await page('fromId=1002&toId=1001')).map(({ status }) => status)).toEqual([2, 2, 1, 1, 1]);
    expect((await page('fromId=1003&toId=1001')).map(({ status }) => status)).toEqual([]);
    expect((await page('fromId=1001&toId=1002')).map(({ status }) => status)).toEqual([2, 2, 2, 2, 1]);
  });

  test('gives no command where nothing on the page is unread by the reader', async () => {
    await api.say('1001', '1002');
    api.writer.calls.length = 0;
    await page('fromId=1001&toId=1002');
    expect(api.writer.calls).toEqual([]);
    await page('fromId=1002&toId=1001');
    await page('fromId=1002&toId=1001');
    expect(api.writer.calls).toEqual(['markRead']);
  });

  test('is read all the same while marking does not work, which is logged', async () => {
    await api.say('1001', '1002', 'a text of nobody’s business');
    api.writer.refusal = new WeiliaoError('STORE_UNAVAILABLE', 'no answer');
    expect(await seqs('fromId=1002&toId=1001')).toEqual([1]);
    expect(api.logged).toMatchObject([{ event: 'page not marked as read', conversation: 'dm~1001~1002', seq: 1 }]);
    expect(JSON.stringify(api.logged)).not.toContain('business');
  });

  test('is empty for a pair that never wrote, and for users who are nobody', async () => {
    expect(await page('fromId=1001&toId=1003')).toEqual([]);
    expect(await page('fromId=9998&toId=9999')).toEqual([]);
  });

  test('gives ids that are numbers as numbers: the original page compares them so', async () => {
    await api.say('1001', '1002');
    expect(await page('fromId=1001&toId=1002')).toMatchObject([{ from: { id: 1001 }, to: { id: 1002 } }]);
  });

  test.each([
    ['', ['fromId', 'toId']],
    ['fromId=1001', ['toId']],
    ['fromId=a%20b&toId=1002', ['fromId']],
    ['fromId=1&fromId=2&toId=1002', ['fromId']],
    ['fromId=1001&toId=1002&page=0', ['page']],
    ['fromId=1001&toId=1002&page=99999999999999', ['page']],
    ['fromId=1001&toId=1002&rows=0', ['rows']],
    ['fromId=1001&toId=1002&rows=201', ['rows']],
    ['fromId=1001&toId=1002&page=x&rows=y', ['page', 'rows']],
  ])('?%s is refused', async (query, paths) => {
    const answer = await api.call({ url: `/message?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map(({ path }) => path)).toEqual(paths);
  });
});

describe('/user', () => {
  test('lists every other user, with the last message of the pair', async () => {
    await api.say('1001', '1002', 'one');
    const { sendDate } = await api.say('1002', '1001', 'two');
    await api.say('1002', '1003', 'of others');
    const answer = await api.call({ url: '/user?fromId=1001' });
    const base = { from_user: 1001, info_type: null };
    const drawn = (id: string) => ({ avatar: `/avatars/${id}.svg` });
    expect(answer.json()).toEqual([
      { ...base, ...drawn('007'), id: '007', to_user: '007', username: 'name of 007' },
      {
        ...base,
        ...drawn('1002'),
        id: 1002,
        to_user: 1002,
        username: 'name of 1002',
        chat_msg: 'two',
        chat_time: sendDate,
      },
      { ...base, ...drawn('1003'), id: 1003, to_user: 1003, username: 'name of 1003' },
      { ...base, ...drawn('li.si'), id: 'li.si', to_user: 'li.si', username: 'name of li.si' },
    ]);
  });

  test('shows a picture of each: drawn from the name where there is none', async () => {
    const picture = await api.call({ url: '/avatars/li.si.svg' });
    expect(picture.headers['content-type']).toContain('image/svg+xml');
    expect(picture.body).toMatch(/^<svg .*>N<.*svg>$/);
    expect((await api.call({ url: '/avatars/nobody.svg' })).statusCode).toBe(404);
    expect((await api.call({ url: '/avatars/1001' })).statusCode).toBe(404);
  });

  test('lists everybody for who is nobody', async () => {
    expect((await api.call({ url: '/user?fromId=nobody' })).json<object[]>()).toHaveLength(5);
  });

  test('asks the store twice, however many users there are', async () => {
    const friends = Array.from({ length: 900 }, (_, i) => `friend-${i}`);
    await api.register(...friends);
    for (const friend of friends) await api.say(friend, '1001');
    api.model.calls.length = 0;
    const rows = (await api.call({ url: '/user?fromId=1001' })).json<{ chat_msg?: string }[]>();
    expect(rows.filter(({ chat_msg }) => chat_msg === 'hello')).toHaveLength(900);
    expect(api.model.calls.filter((name) => name !== 'checkpoint').sort()).toEqual(['newestMessages', 'users']);
  });

  test('comes a thousand at a time, the next page by its link', async () => {
    const friends = Array.from({ length: 2_500 }, (_, i) => `friend-${i}`);
    await api.register(...friends);
    const seen: unknown[] = [];
    const sizes: number[] = [];
    for (let url: string | undefined = '/user?fromId=friend-7'; url !== undefined;) {
      const answer: Awaited<ReturnType<Api['call']>> = await api.call({ url });
      const rows = answer.json<{ id: unknown }[]>();
      sizes.push(rows.length);
      seen.push(...rows.map(({ id }) => id));
      url = /^<(.+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1];
    }
    expect(sizes).toEqual([1_000, 1_000, 504]);
    expect(new Set(seen).size).toBe(2_504);
    expect(seen).not.toContain('friend-7');
  });

  test('is read in smaller pages, too', async () => {
    const answer = await api.call({ url: '/user?fromId=1001&limit=2&after=007' });
    expect(answer.json()).toMatchObject([{ id: 1002 }]);
    expect(answer.headers.link).toBe('</user?fromId=1001&after=1002&limit=2>; rel="next"');
    const last = await api.call({ url: '/user?fromId=1001&limit=2&after=1002' });
    expect(last.json()).toMatchObject([{ id: 1003 }, { id: 'li.si' }]);
    expect(last.headers.link).toBeUndefined();
  });

  test.each(['limit=0', 'limit=1001', 'limit=x', 'after=a%20b'])('&%s is refused', async (query) => {
    expect((await api.call({ url: `/user?fromId=1001&${query}` })).statusCode).toBe(400);
  });

  test.each(['', 'fromId=', 'fromId=a%20b', 'fromId=1&fromId=2'])('?%s is refused', async (query) => {
    const answer = await api.call({ url: `/user?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'BAD_FRAME', errors: [{ path: 'fromId' }] });
  });
});

test('with tokens the two routes do not exist', async () => {
  const { call } = startApi({ auth: jwt });
  const nowhere = await call({ url: '/nowhere' });
  for (const url of ['/message?fromId=1&toId=2', '/user?fromId=1']) {
    const answer = await call({ url });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe(nowhere.body);
    expect(answer.json()).toMatchObject({ code: 'NOT_FOUND' });
  }
});
