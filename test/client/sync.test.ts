import { describe, expect, test } from 'vitest';
import type { Client } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';
import { clientOf, live, onFakeTime, pass, record, settle } from './harness.ts';

onFakeTime();

const ab = 'dm~a~b';
const texts = (client: Client, id = ab): string[] =>
  client
    .conversation(id)
    .get()
    .messages.map(({ msg }) => msg);

describe('what a client shows', () => {
  test('is the list, with what is unread, and then what comes', async () => {
    const chat = new FakeChat();
    chat.message('a', 'b');
    chat.message('b', 'a', { msg: 'one' });
    const { client } = await live(chat);
    const told = record(client, 'message');
    expect(client.conversations.get()).toMatchObject([
      { id: ab, peer: { id: 'b', username: 'b-name' }, lastSeq: 2, revision: 1, seenSeq: 1, unread: 1, stale: false },
    ]);
    chat.message('b', 'a', { msg: 'two' });
    chat.message('c', 'a', { msg: 'new' });
    await settle();
    expect(client.conversations.get()).toMatchObject([
      { id: 'dm~a~c', peer: { id: 'c', username: 'c-name' }, unread: 1, revision: 0 },
      { id: ab, unread: 2, lastMessage: { msg: 'two' } },
    ]);
    expect(told.map(({ msg }) => msg)).toEqual(['two', 'new']);
  });

  test('has stable references, and says once a turn that something changed', async () => {
    const { chat, client } = await live();
    const room = client.conversation(ab);
    let calls = 0;
    const off = room.subscribe(() => (calls += 1));
    const before = room.get();
    expect(room.get()).toBe(before);
    expect(client.conversation(ab)).toBe(room);
    chat.message('b', 'a');
    chat.message('b', 'a');
    await settle();
    expect(room.get()).not.toBe(before);
    expect(room.get()).toBe(room.get());
    expect(room.get().messages).toHaveLength(2);
    expect(calls).toBeLessThanOrEqual(2);
    off();
    chat.message('b', 'a');
    await settle();
    expect(calls).toBeLessThanOrEqual(2);
  });

  test('marks what the other side has read, and what this user has', async () => {
    const { chat, client } = await live();
    const reads = record(client, 'read');
    const room = client.conversation(ab);
    chat.message('a', 'b');
    chat.message('b', 'a');
    chat.read(ab, 'b', 1);
    await settle();
    expect(room.get().messages.map(({ status }) => status)).toEqual([2, 1]);
    expect(room.get().conversation).toMatchObject({ peerReadSeq: 1, readSeq: 0, unread: 1 });
    room.markRead(2);
    expect(room.get().conversation).toMatchObject({ unread: 0, readSeq: 2 });
    await settle();
    expect(chat.socket.of('read')).toMatchObject([{ conversation: ab, seq: 2 }]);
    expect(room.get().messages.map(({ status }) => status)).toEqual([2, 2]);
    expect(reads.map(({ reader, seq }) => [reader, seq])).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });

  test('counts an event of a kind it does not know', async () => {
    const { chat, client } = await live();
    chat.message('b', 'a');
    chat.strange(ab);
    chat.message('b', 'a');
    await settle();
    expect(client.conversations.get()).toMatchObject([{ revision: 2, lastSeq: 2 }]);
    expect(client.stats.gaps).toBe(0);
  });

  test('is told after the state holds it, to those who listened then, whatever they call', async () => {
    const { chat, client } = await live();
    const seen: unknown[] = [];
    const stop = new AbortController();
    const off = client.on('message', ({ seq }) => {
      seen.push(client.conversations.get()[0]?.lastSeq === seq);
      off();
      stop.abort();
      client.disconnect();
      client.on('message', () => seen.push('later'));
    });
    client.on('message', () => seen.push('second'), { signal: stop.signal });
    chat.message('b', 'a');
    await settle();
    expect(seen).toEqual([true, 'second']);
    expect(client.connection.get().state).toBe('idle');
  });

  test('is the first pages of a long list, and more where it is asked for', async () => {
    const chat = new FakeChat();
    for (let i = 0; i < 250; i += 1) chat.message(`u${i}`, 'a');
    const { client } = await live(chat);
    expect(client.conversations.get()).toHaveLength(200);
    expect(await client.moreConversations()).toBe(false);
    expect(client.conversations.get()).toHaveLength(250);
    expect(await client.moreConversations()).toBe(false);
  });

  test('takes a conversation from beyond the first page up when it wakes', async () => {
    const chat = new FakeChat();
    chat.message('a', 'old');
    chat.message('old', 'a');
    for (let i = 0; i < 250; i += 1) chat.message(`u${i}`, 'a');
    const { client } = await live(chat);
    const told = record(client, 'message');
    chat.read('dm~a~old', 'old', 1);
    chat.message('old', 'a', { msg: 'again' });
    await settle();
    expect(client.conversations.get()[0]).toMatchObject({ id: 'dm~a~old', lastSeq: 3, revision: 3, peerReadSeq: 1 });
    expect(told.map(({ msg }) => msg)).toEqual(['again']);
    expect(client.stats.gaps).toBe(0);
  });
});

describe('after a break', () => {
  test('the client goes on from its cursor, and each message comes once, in order', async () => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    client.conversation(ab);
    chat.message('b', 'a', { msg: '1' });
    await settle();
    chat.socket.end();
    await settle();
    chat.message('b', 'a', { msg: '2' });
    await pass(500);
    chat.message('b', 'a', { msg: '3' });
    await settle();
    expect(chat.socket.sent[0]).toMatchObject({ cursor: '1-1' });
    expect(told.map(({ msg }) => msg)).toEqual(['1', '2', '3']);
    expect(texts(client)).toEqual(['1', '2', '3']);
    expect(chat.requests).toHaveLength(1);
  });

  test('what is too long to replay is fetched, and told from where it begins', async () => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    const holes = record(client, 'hole');
    client.conversation(ab);
    chat.message('b', 'a', { msg: '1' });
    chat.message('c', 'a');
    await settle();
    chat.socket.end();
    await settle();
    chat.mostReplayed = 5;
    for (let i = 2; i <= 301; i += 1) chat.message('b', 'a', { msg: String(i) });
    chat.message('c', 'a', { msg: 'of c' });
    await pass(500);
    expect(holes).toEqual([{ conversation: ab, after: 1, before: 102 }]);
    expect(told.filter(({ from }) => from.id === 'b').map(({ seq }) => seq)).toEqual([
      1,
      ...Array.from({ length: 200 }, (_, i) => 102 + i),
    ]);
    expect(client.conversation(ab).get().conversation).toMatchObject({ lastSeq: 301, revision: 300, stale: false });
    expect(client.stats.gaps).toBe(0);
  });

  test('a conversation stays stale until its page is there, over any number of breaks', async () => {
    const { chat, client } = await live();
    chat.message('b', 'a');
    await settle();
    chat.socket.end();
    await settle();
    chat.mostReplayed = 1;
    for (let i = 0; i < 3; i += 1) chat.message('b', 'a');
    chat.rest = () => ({ status: 503, body: { code: 'READ_MODEL_BEHIND', detail: 'later' } });
    await pass(500);
    for (let i = 0; i < 3; i += 1) {
      expect(client.conversations.get()).toMatchObject([{ stale: true, lastSeq: 1 }]);
      chat.socket.end();
      await pass(30_000);
    }
    expect(client.conversations.get()).toMatchObject([{ stale: true, lastSeq: 1 }]);
    chat.message('b', 'a');
    await settle();
    expect(client.conversations.get()).toMatchObject([{ stale: true, lastSeq: 1 }]);
    chat.rest = () => undefined;
    await pass(20_000);
    expect(client.conversations.get()).toMatchObject([{ stale: false, lastSeq: 5, revision: 4 }]);
    expect(client.connection.get().state).toBe('live');
  });

  test('a cursor that is not taken: everything is fetched again, and what was told is not told twice', async () => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    client.conversation(ab);
    chat.message('b', 'a', { msg: '1' });
    await settle();
    chat.recovers = false;
    chat.socket.end();
    await settle();
    chat.message('b', 'a', { msg: '2' });
    chat.message('d', 'a', { msg: 'of d' });
    await pass(500);
    chat.message('b', 'a', { msg: '3' });
    await settle();
    expect(texts(client)).toEqual(['1', '2', '3']);
    expect(told.filter(({ from }) => from.id === 'b').map(({ msg }) => msg)).toEqual(['1', '2', '3']);
    expect(told.filter(({ from }) => from.id === 'd').map(({ msg }) => msg)).toEqual(['of d']);
    expect(client.conversations.get().map(({ id, stale }) => [id, stale])).toEqual([
      [ab, false],
      ['dm~a~d', false],
    ]);
  });

  test('a log that was put back in time: the state is what it says, and new messages come', async () => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    client.conversation(ab);
    for (const msg of ['1', '2', '3']) chat.message('b', 'a', { msg });
    chat.message('c', 'a');
    await settle();
    chat.epoch = 2;
    chat.log = chat.log.slice(0, 1);
    chat.socket.end();
    await pass(500);
    expect(client.conversations.get()).toMatchObject([{ id: ab, lastSeq: 1, revision: 0 }]);
    chat.message('b', 'a', { msg: 'another 2' });
    await settle();
    expect(texts(client)).toEqual(['1', 'another 2']);
    expect(told.at(-1)?.msg).toBe('another 2');
    expect(client.stats.gaps).toBe(0);
  });

  test.each([
    ['is shorter than what was told', true, ['new 2', 'new 3']],
    ['has grown past it', true, ['new 2', 'new 3', 'new 4', 'new 5']],
    ['has grown past it, of a conversation that nobody looks at', false, ['new 2', 'new 3', 'new 4', 'new 5']],
  ])('a log that was put back in time and %s: every new message is told, and no other', async (_how, looks, fresh) => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    if (looks) client.conversation(ab);
    for (const msg of ['1', '2', '3', '4']) chat.message('b', 'a', { msg });
    chat.message('c', 'a', { msg: 'of c' });
    await settle();
    told.length = 0;
    chat.epoch = 2;
    chat.log = chat.log.filter(({ position }) => position === 1 || position === 5);
    chat.silently(() => fresh.forEach((msg) => chat.message('b', 'a', { msg })));
    chat.socket.end();
    await pass(500);
    chat.message('b', 'a', { msg: 'live' });
    chat.message('c', 'a', { msg: 'of c too' });
    await settle();
    expect(told.filter(({ from }) => from.id === 'b').map(({ msg }) => msg)).toEqual([...fresh, 'live']);
    expect(told.filter(({ from }) => from.id === 'c').map(({ msg }) => msg)).toEqual(['of c too']);
    if (looks) expect(texts(client)).toEqual(['1', ...fresh, 'live']);
    expect(client.conversations.get()).toMatchObject([{ id: 'dm~a~c' }, { id: ab, lastSeq: fresh.length + 2 }]);
  });
});

describe('a revision that is missing', () => {
  test('holds the frame, is fetched, and counts', async () => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    client.conversation(ab);
    chat.message('b', 'a', { msg: '1' });
    await settle();
    chat.silently(() => {
      chat.message('b', 'a', { msg: '2' });
      chat.read(ab, 'b', 1);
    });
    chat.message('b', 'a', { msg: '4' });
    await settle();
    expect(texts(client)).toEqual(['1', '2', '4']);
    expect(told.map(({ msg }) => msg)).toEqual(['1', '2', '4']);
    expect(client.stats.gaps).toBe(1);
    expect(client.conversations.get()).toMatchObject([{ revision: 3, stale: false }]);
  });

  test('is not fetched for ever as fast as can be where the server never has it', async () => {
    const { chat, client } = await live();
    chat.message('b', 'a');
    await settle();
    const frame = chat.log[0]!.frame;
    chat.socket.say({ ...frame, seq: 9, revision: 8, cursor: '1-1' });
    await pass(10_000);
    expect(client.stats.gaps).toBeGreaterThan(0);
    expect(chat.requests.length).toBeLessThan(30);
  });
});

test('messages that were held by nobody are not kept, and the room of a conversation has what came since', async () => {
  const { chat, client } = await live();
  chat.message('b', 'a', { msg: '1' });
  chat.message('b', 'a', { msg: '2' });
  await settle();
  expect(texts(client)).toEqual(['2']);
  chat.message('b', 'a', { msg: '3' });
  await settle();
  expect(texts(client)).toEqual(['2', '3']);
});

test('holds 1,000 messages of a conversation and those of 20 conversations that nobody looks at', async () => {
  const { chat, client } = await live();
  const off = client.conversation(ab).subscribe(() => undefined);
  for (let i = 0; i < 1_005; i += 1) chat.message('b', 'a');
  for (let i = 0; i < 25; i += 1) chat.message(`u${i}`, 'a');
  await settle();
  const rooms = Array.from({ length: 25 }, (_, i) => client.conversation(`dm~a~u${i}`));
  expect(rooms.filter((room) => room.get().messages.length > 0)).toHaveLength(20);
  expect(
    client
      .conversation(ab)
      .get()
      .messages.map(({ seq }) => seq)
      .slice(0, 2),
  ).toEqual([6, 7]);
  off();
});

test('messages are sent where REST is out of reach, and the list comes as soon as it is there', async () => {
  const chat = new FakeChat();
  chat.rest = () => ({ status: 404, body: 'no such thing' });
  const client = clientOf(chat);
  client.connect();
  await settle();
  const sent = await client.send({ to: 'b', msg: 'hi' });
  expect(sent.seq).toBe(1);
  expect(client.connection.get().state).toBe('syncing');
  chat.rest = () => undefined;
  await pass(20_000);
  expect(client.connection.get().state).toBe('live');
  expect(client.conversations.get()).toMatchObject([{ id: ab, lastSeq: 1 }]);
});

test('a list that is read late moves nobody past what was missed meanwhile', async () => {
  const chat = new FakeChat();
  chat.rest = () => ({ status: 503, body: {} });
  const { client } = await live(chat);
  const told = record(client, 'message');
  chat.message('b', 'a', { msg: 'by the socket' });
  await settle();
  chat.socket.end();
  chat.rest = () => undefined;
  chat.message('b', 'a', { msg: 'while away' });
  await pass(2_000);
  chat.message('b', 'a', { msg: 'after it' });
  await pass(2_000);
  expect(told.map(({ msg }) => msg)).toEqual(['by the socket', 'while away', 'after it']);
  expect(client.stats.gaps).toBe(0);
});
