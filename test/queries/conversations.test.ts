import { beforeEach, describe, expect, test } from 'vitest';
import { maxPageBytes } from '../../src/protocol/limits.ts';
import { startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

interface Page {
  items: { seq: number }[];
  lastSeq: number;
}
interface FriendList {
  items: { conversation: string; unread: number; [field: string]: unknown }[];
  next: string | null;
}

let api: Api;
beforeEach(async () => {
  api = startApi();
  await api.register('1001', '1002', '1003');
});

describe('history', () => {
  const url = '/v1/conversations/dm~1001~1002/messages';
  const page = async (query: string) => {
    const answer = await api.as('1001').get(`${url}${query}`);
    expect(answer.statusCode).toBe(200);
    const { items, lastSeq } = answer.json<Page>();
    return { seqs: items.map(({ seq }) => seq), lastSeq };
  };

  beforeEach(() => api.say('1001', '1002', 'hello', 60));

  test.each([
    ['', [60, 59, 58], 50],
    ['?limit=2', [60, 59], 2],
    ['?limit=2&before=60', [59, 58], 2],
    ['?before=3', [2, 1], 2],
    ['?before=1', [], 0],
    ['?after=0&limit=2', [1, 2], 2],
    ['?after=57', [58, 59, 60], 3],
    ['?after=60', [], 0],
    ['?limit=200', [60, 59], 60],
  ])('%s gives a page by seq', async (query, first, count) => {
    const { seqs, lastSeq } = await page(query);
    expect(seqs).toHaveLength(count);
    expect(seqs.slice(0, first.length)).toEqual(first);
    expect(lastSeq).toBe(60);
  });

  test('a message that came between the two reads of the store counts in lastSeq', async () => {
    const { queries } = api.model;
    const conversation = queries.conversation.bind(queries);
    queries.conversation = async (id) => {
      const found = await conversation(id);
      await api.say('1002', '1001', 'late');
      return found;
    };
    expect(await page('?limit=1')).toEqual({ seqs: [61], lastSeq: 61 });
  });

  test.each([
    ['?limit=0', ['limit']],
    ['?limit=201', ['limit']],
    ['?limit=', ['limit']],
    ['?limit=-1', ['limit']],
    ['?limit=1.5', ['limit']],
    ['?limit=1e1', ['limit']],
    ['?limit=%201', ['limit']],
    ['?limit=0x10', ['limit']],
    ['?limit=1&limit=2', ['limit']],
    ['?limit[]=1&before=x', ['before']],
    ['?before=0', ['before']],
    ['?before=9007199254740992', ['before']],
    ['?after=-1', ['after']],
    ['?before=5&after=1', ['before', 'after']],
    ['?asOf=1700000000000', ['asOf']],
  ])('%s is refused', async (query, paths) => {
    const answer = await api.as('1001').get(`${url}${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map(({ path }) => path)).toEqual(paths);
  });
});

describe('read marks', () => {
  const url = '/v1/conversations/dm~1001~1002/read';
  beforeEach(() => api.say('1001', '1002', 'hello', 3));

  test('go up, and never down', async () => {
    const up = await api.as('1002').put(url, { seq: 2 });
    expect(up.statusCode).toBe(200);
    expect(up.json()).toEqual({ conversation: 'dm~1001~1002', seq: 2 });
    expect(up.headers['weiliao-position']).toBe(String(api.model.position));
    const down = await api.as('1002').put(url, { seq: 1 });
    expect(down.json()).toEqual({ conversation: 'dm~1001~1002', seq: 2 });
    expect(down.headers['weiliao-position']).toBe('0');
    const message = await api.as('1001').get('/v1/messages/dm~1001~1002:2');
    expect(message.json()).toMatchObject({ status: 2, readDate: api.writer.now });
  });

  test('beyond the last seq is refused', async () => {
    const answer = await api.as('1002').put(url, { seq: 4 });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'SEQ_OUT_OF_RANGE' });
  });

  test.each([{}, { seq: 0 }, { seq: -1 }, { seq: 1.5 }, { seq: '1' }, { seq: null }, { seq: 2 ** 53 }])(
    'of %j are refused',
    async (body) => {
      const answer = await api.as('1002').put(url, body);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'BAD_FRAME', errors: [{ path: 'seq' }] });
    },
  );
});

describe('the friend list', () => {
  const list = async (user: string, query = '') => {
    const answer = await api.as(user).get(`/v1/conversations${query}`);
    expect(answer.statusCode).toBe(200);
    return answer.json<FriendList>();
  };

  test('is empty for who wrote to nobody, and for who is nobody', async () => {
    expect(await list('1001')).toEqual({ items: [], next: null });
    expect(await list('nobody')).toEqual({ items: [], next: null });
  });

  test('tells of each conversation its peer, its last message and what is unread', async () => {
    await api.say('1001', '1002', 'one', 3);
    await api.as('1002').put('/v1/conversations/dm~1001~1002/read', { seq: 1 });
    const { items, next } = await list('1002');
    expect(next).toBeNull();
    expect(items).toEqual([
      {
        conversation: 'dm~1001~1002',
        peer: { id: '1001', username: 'name of 1001', avatar: null },
        lastMessage: (await api.as('1002').get('/v1/messages/dm~1001~1002:3')).json<object>(),
        lastSeq: 3,
        revision: 3,
        readSeq: 1,
        peerReadSeq: 0,
        unread: 2,
        updatedAt: api.writer.now,
      },
    ]);
    expect((await list('1001')).items).toMatchObject([{ peer: { id: '1002' }, readSeq: 0, peerReadSeq: 1, unread: 0 }]);
  });

  test('counts nothing up to one’s own last message as unread', async () => {
    await api.say('1001', '1002', 'hello', 2);
    await api.say('1002', '1001', 'hello');
    await api.say('1001', '1002', 'hello');
    expect((await list('1002')).items[0]!.unread).toBe(1);
    expect((await list('1001')).items[0]!.unread).toBe(0);
  });

  test('names oneself where one writes to oneself', async () => {
    await api.say('1001', '1001', 'note');
    expect((await list('1001')).items).toMatchObject([
      { conversation: 'dm~1001~1001', peer: { id: '1001' }, unread: 0, lastSeq: 1 },
    ]);
  });

  test('is paged, newest activity first, each conversation once', async () => {
    const friends = Array.from({ length: 7 }, (_, i) => `friend-${i}`);
    await api.register(...friends);
    for (const friend of friends) await api.say(friend, '1001');
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let query = '?limit=3'; query !== '';) {
      const { items, next } = await list('1001', query);
      seen.push(...items.map(({ conversation }) => conversation));
      sizes.push(items.length);
      query = next === null ? '' : `?limit=3&before=${next}`;
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(seen).toEqual(friends.map((friend) => `dm~1001~${friend}`).reverse());
  });

  test('has no next page where the last one is full', async () => {
    await api.say('1001', '1002');
    await api.say('1001', '1003');
    expect((await list('1001', '?limit=2')).next).toBeNull();
  });

  const encoded = (text: string) => Buffer.from(text).toString('base64url');
  test.each(['', 'x', '!', encoded('17'), encoded('x:dm~1~2'), `${encoded('17:dm~1~2')}=`, encoded('017:dm~1~2')])(
    'refuses the place %j',
    async (before) => {
      const answer = await api.as('1001').get(`/v1/conversations?before=${before}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'BAD_FRAME', errors: [{ path: 'before' }] });
    },
  );

  test('asks the store for each peer once, however often it is read', async () => {
    await api.say('1001', '1002');
    await list('1001');
    await list('1001');
    expect(api.model.calls.filter((name) => name === 'usersById')).toHaveLength(1);
  });

  test('asks the store for its users together', async () => {
    await api.say('1001', '1002');
    await api.say('1001', '1003');
    api.model.calls.length = 0;
    await list('1001');
    expect(api.model.calls.filter((name) => name !== 'checkpoint').sort()).toEqual(['conversations', 'usersById']);
  });

  test.each([
    ['unread', 0],
    ['read', 2],
  ])('shows the last message as the message itself is shown, %s', async (_, seq) => {
    await api.say('1001', '1002', 'one', 2);
    if (seq > 0) await api.as('1002').put('/v1/conversations/dm~1001~1002/read', { seq });
    for (const user of ['1001', '1002']) {
      const message = (await api.as(user).get('/v1/messages/dm~1001~1002:2')).json<object>();
      expect((await list(user)).items).toMatchObject([{ lastMessage: message }]);
    }
  });
});

test('a history page and the friend list tell the revision of the conversation: reads count, too', async () => {
  await api.say('1001', '1002', 'one', 3);
  await api.as('1002').put('/v1/conversations/dm~1001~1002/read', { seq: 2 });
  const history = (await api.as('1001').get('/v1/conversations/dm~1001~1002/messages?limit=1')).json<object>();
  expect(history).toMatchObject({ lastSeq: 3, revision: 3 });
  const friends = (await api.as('1001').get('/v1/conversations')).json<{ items: object[] }>();
  expect(friends.items).toMatchObject([{ revision: 3 }]);
});

describe('a page ends early at 512 KiB', () => {
  const items = async (path: string) => {
    const answer = await api.as('1001').get(path);
    expect(Buffer.byteLength(answer.body)).toBeLessThan(maxPageBytes + 1_000);
    return answer.json<{ items: { seq?: number; conversation: string }[]; next: number | string | null }>();
  };
  /** Each character takes six bytes of JSON. */
  const long = '\u0001'.repeat(8_000);

  test.each([
    ['before', Array.from({ length: 50 }, (_, i) => 50 - i)],
    ['after', Array.from({ length: 50 }, (_, i) => i + 1)],
  ])('of history, whose next goes on (%s)', async (bound, expected) => {
    await api.say('1001', '1002', long, 50);
    const seqs: unknown[] = [];
    const sizes: number[] = [];
    for (let at = bound === 'after' ? '&after=0' : ''; ;) {
      const page = await items(`/v1/conversations/dm~1001~1002/messages?limit=200${at}`);
      seqs.push(...page.items.map(({ seq }) => seq));
      sizes.push(page.items.length);
      if (page.next === null) break;
      at = `&${bound}=${page.next}`;
    }
    expect(seqs).toEqual(expected);
    expect(sizes).toEqual([10, 10, 10, 10, 10]);
  });

  test('of the friend list, whose next goes on', async () => {
    const friends = Array.from({ length: 30 }, (_, i) => `friend-${10 + i}`);
    await api.register(...friends);
    for (const friend of friends) await api.say(friend, '1001', long);
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let before = ''; ;) {
      const page = await items(`/v1/conversations?limit=200${before}`);
      seen.push(...page.items.map(({ conversation }) => conversation));
      sizes.push(page.items.length);
      if (page.next === null) break;
      before = `&before=${page.next}`;
    }
    expect(sizes).toEqual([10, 10, 10]);
    expect(seen).toEqual(friends.map((friend) => `dm~1001~${friend}`).reverse());
  });
});
