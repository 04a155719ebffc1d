import { describe, expect, test } from 'vitest';
import { newNumber, sharedServer, startServer } from '../support/server.ts';
import { conversationOf, enter, enterOriginal, refusedUpgrade } from '../support/socket.ts';
import { until } from '../support/until.ts';

interface Message {
  readonly seq: number;
  readonly msg: string;
  readonly status: number;
}

const server = sharedServer();

describe('the socket of the original system', () => {
  test('takes {toId, msg}, and the addressee gets the Message; the sender gets nothing', async () => {
    const [a, b] = [newNumber(), newNumber()];
    const [one, two] = [await enterOriginal(server(), a), await enterOriginal(server(), b)];
    await until(async () => (await server().rest('GET', `/v1/users/${b}`)).status === 200, 'b is registered');
    one.send({ toId: Number(b), msg: '你好' });
    const message = await two.message();
    expect(message).toMatchObject({
      ...{ id: `${conversationOf(a, b)}:1`, from: { id: Number(a), username: a }, to: { id: Number(b), username: b } },
      ...{ msg: '你好', status: 1, readDate: null, conversation: conversationOf(a, b), seq: 1, revision: 0 },
    });
    two.send({ toId: a, msg: 'answer' });
    expect((await one.message()).msg).toBe('answer');
    expect([...one.frames, ...two.frames]).toEqual([]);
  });

  test('that gets a message has read it', async () => {
    const [a, b] = [newNumber(), newNumber()];
    const alice = await enter(server(), a);
    await server().register(b);
    await enterOriginal(server(), b);
    await until(async () => {
      await alice.say(b, 'are you there?');
      return alice.frames.some(({ type }) => type === 'read');
    }, 'a delivered message is read');
    const read = await alice.next('read');
    expect(read).toMatchObject({ reader: b, conversation: conversationOf(a, b) });
  });

  test('speaks with sockets of /v1/ws, and of the same user all get their own', async () => {
    const [a, b] = [newNumber(), newNumber()];
    const modern = await enter(server(), b);
    const [one, two] = [await enterOriginal(server(), a), await enterOriginal(server(), b)];
    one.send({ toId: b, msg: 'hello' });
    expect(await modern.next('message')).toMatchObject({ msg: 'hello', from: { id: a } });
    await modern.say(a, 'hi');
    expect((await one.message()).msg).toBe('hi');
    const before = two.frames.length;
    await modern.say(a, 'still me');
    expect((await one.message()).msg).toBe('still me');
    expect(two.frames.length).toBe(before);
  });

  test('keeps the order of what is sent right after it opens', async () => {
    const [a, b] = [newNumber(), newNumber()];
    const bob = await enter(server(), b);
    const one = await enterOriginal(server(), a);
    for (let count = 0; count < 100; count += 1) one.send({ toId: b, msg: String(count) });
    for (let count = 0; count < 100; count += 1) expect((await bob.next('message')).msg).toBe(String(count));
  });

  test('is told why a frame is refused', async () => {
    const one = await enterOriginal(server(), newNumber());
    one.send({ toId: '1', msg: 'm' });
    const refusal = await one.error();
    expect(refusal).toMatchObject({ type: 'error', code: 'USER_NOT_FOUND', temporary: false });
    // The original page shows whatever comes as a message.
    expect(refusal).toMatchObject({ msg: refusal.message, from: refusal.to, id: expect.any(String) as string });
    for (const [frame, field] of [
      ['{"toId":1}', 'msg'],
      ['{"msg":"m"}', 'toId'],
      ['{"toId":12345678901234567890,"msg":"m"}', 'toId'],
      ['nonsense', 'JSON'],
    ] as const) {
      one.send(frame);
      const error = await one.error();
      expect(error.code).toBe('BAD_FRAME');
      expect(error.message).toContain(field);
    }
    one.send('fifth');
    expect(await one.closeCode()).toBe(4500);
  });

  test('has messages to oneself delivered', async () => {
    const user = newNumber();
    const one = await enterOriginal(server(), user);
    one.send({ toId: user, msg: 'note' });
    expect(await one.message()).toMatchObject({ msg: 'note', from: { id: Number(user) }, to: { id: Number(user) } });
  });

  test.each(['abc', '12a', '-1', '1.5', '%31', '1'.repeat(65), '١'])('refuses the uid %s with 400', async (uid) => {
    expect(await refusedUpgrade(server(), `/ws/${encodeURI(uid)}`)).toBe('refused with 400');
  });

  test('closes with 4500 where a frame is binary', async () => {
    const one = await enterOriginal(server(), newNumber());
    one.send(Buffer.from('{}'));
    expect(await one.closeCode()).toBe(4500);
  });
});

describe('GET /message', () => {
  test('gives both directions, oldest first, by page, and marks what was sent to fromId on that page as read', async () => {
    const [a, b] = [newNumber(), newNumber()];
    const [alice, bob] = [await enter(server(), a), await enter(server(), b)];
    for (let count = 1; count <= 15; count += 1)
      await (count % 2 === 1 ? alice.say(b, `m${count}`) : bob.say(a, `m${count}`));
    const page = (number: number, reader = b, peer = a) =>
      server().get<Message[]>(`/message?fromId=${reader}&toId=${peer}&page=${number}&rows=10`);
    expect((await page(1)).map(({ msg }) => msg)).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 1}`));
    expect(await alice.next('read')).toMatchObject({ reader: b, seq: 9 });
    expect((await page(2)).map(({ msg }) => msg)).toEqual(['m11', 'm12', 'm13', 'm14', 'm15']);
    expect(await alice.next('read')).toMatchObject({ reader: b, seq: 15 });
    const seen = await page(1, a, b);
    expect(seen.filter(({ seq }) => seq % 2 === 1).every(({ status }) => status === 2)).toBe(true);
    expect(await page(3)).toEqual([]);
    expect(await server().get<Message[]>(`/message?fromId=${a}&toId=${b}`)).toHaveLength(10);
  });

  test('of two who never wrote is empty', async () => {
    expect(await server().get(`/message?fromId=${newNumber()}&toId=${newNumber()}`)).toEqual([]);
  });

  test.each([
    '',
    'fromId=1',
    'toId=1',
    'fromId=1&toId=2&page=0',
    'fromId=1&toId=2&rows=0',
    'fromId=a~b&toId=2',
    'fromId=1&toId=2&page=x',
  ])('refuses the query %s', async (query) => {
    const { status, body } = await server().rest('GET', `/message?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'BAD_FRAME', status: 400 });
  });
});

describe('GET /user', () => {
  test('gives every other user, with the last message of the pair; numeric ids as numbers', async () => {
    const own = await startServer({ DEMO_USERS: '1' });
    const zhangsan = await enter(own, '1001');
    await zhangsan.say('1002', 'first');
    const { sendDate } = await zhangsan.say('1002', 'last');
    await own.register('text-id');
    const users = await own.get<object[]>('/user?fromId=1001');
    expect(users).toHaveLength(5);
    expect(users).toContainEqual({
      ...{ id: 1002, avatar: '/avatars/1002.svg', from_user: 1001, info_type: null, to_user: 1002, username: 'lisi' },
      ...{ chat_msg: 'last', chat_time: sendDate },
    });
    expect(users).toContainEqual({
      id: 1003,
      avatar: '/avatars/1003.svg',
      from_user: 1001,
      info_type: null,
      to_user: 1003,
      username: 'wangwu',
    });
    expect(users).toContainEqual(expect.objectContaining({ id: 'text-id', to_user: 'text-id' }));
    expect(JSON.stringify(users)).not.toContain('"id":1001');
  });
});
