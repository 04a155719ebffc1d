import { describe, expect, test } from 'vitest';
import { newUser, sharedServer } from '../support/server.ts';
import { conversationOf, enter } from '../support/socket.ts';

interface Message {
  readonly seq: number;
  readonly status: number;
  readonly readDate: number | null;
}

interface Friend {
  readonly unread: number;
  readonly readSeq: number;
  readonly peerReadSeq: number;
  readonly lastSeq: number;
  readonly lastMessage: Message;
}

const server = sharedServer();

async function pair(messages = 3) {
  const [a, b] = [newUser('a'), newUser('b')];
  await server().register(a, b);
  const [alice, bob] = [await enter(server(), a), await enter(server(), b)];
  for (let count = 1; count <= messages; count += 1) await alice.say(b, `m${count}`);
  return { a, b, alice, bob, conversation: conversationOf(a, b) };
}

async function friendOf(user: string): Promise<Friend> {
  return (await server().get<{ items: Friend[] }>('/v1/conversations', user)).items[0]!;
}

async function history(user: string, conversation: string): Promise<Message[]> {
  return (await server().get<{ items: Message[] }>(`/v1/conversations/${conversation}/messages?after=0`, user)).items;
}

describe('read', () => {
  test('is acked with the watermark, and comes to every device of both sides', async () => {
    const { b, alice, bob, conversation } = await pair();
    const tablet = await enter(server(), b);
    const before = Date.now();
    bob.send({ type: 'read', id: 'r', conversation, seq: 2 });
    expect(await bob.ack('r')).toEqual({ type: 'ack', id: 'r', conversation, seq: 2 });
    for (const socket of [alice, bob, tablet]) {
      const read = await socket.next('read');
      expect(read).toMatchObject({ conversation, reader: b, seq: 2, revision: 3 });
      expect(read.readDate).toBeGreaterThanOrEqual(before - 1_000);
    }
  });

  test('needs no id: the ack has none either', async () => {
    const { bob, conversation } = await pair();
    bob.send({ type: 'read', conversation, seq: 1 });
    expect(await bob.next('ack')).toEqual({ type: 'ack', conversation, seq: 1 });
  });

  test('marks what was sent to the reader as read, and only that, up to the seq', async () => {
    const { a, b, bob, conversation } = await pair();
    await bob.say(a, 'answer');
    await bob.markRead(conversation, 2);
    const { readDate } = await bob.next('read');
    const messages = await history(a, conversation);
    expect(messages.map(({ status }) => status)).toEqual([2, 2, 1, 1]);
    expect(messages.map((message) => message.readDate)).toEqual([readDate, readDate, null, null]);
    expect(await history(b, conversation)).toEqual(messages);
  });

  test('of a lower seq than before, or the same, changes nothing and tells the watermark', async () => {
    const { alice, bob, conversation } = await pair();
    expect((await bob.markRead(conversation, 3)).seq).toBe(3);
    expect((await bob.markRead(conversation, 1)).seq).toBe(3);
    expect((await bob.markRead(conversation, 3)).seq).toBe(3);
    await alice.say((await bob.next('read')).reader, 'more');
    await alice.settled();
    expect(alice.frames.filter(({ type }) => type === 'read')).toHaveLength(1);
    const revisions = alice.frames.flatMap((frame) =>
      'revision' in frame && frame.type !== 'ack' ? frame.revision : [],
    );
    expect(revisions).toEqual([0, 1, 2, 3, 4]);
  });

  test('beyond the last seq is refused: SEQ_OUT_OF_RANGE', async () => {
    const { b, bob, conversation } = await pair();
    for (const seq of [4, Number.MAX_SAFE_INTEGER]) {
      bob.send({ type: 'read', id: `r${seq}`, conversation, seq });
      expect(await bob.refusal(`r${seq}`)).toMatchObject({ code: 'SEQ_OUT_OF_RANGE', temporary: false });
    }
    const rest = await server().rest('PUT', `/v1/conversations/${conversation}/read`, { as: b, body: { seq: 4 } });
    expect(rest).toMatchObject({ status: 422, body: { code: 'SEQ_OUT_OF_RANGE' } });
  });

  test.each([0, -1, 1.5, '1', null, 1e300])('of seq %j is a bad frame that names it', async (seq) => {
    const { bob, conversation } = await pair(1);
    bob.send({ type: 'read', conversation, seq });
    const error = await bob.next('error');
    expect(error.code).toBe('BAD_FRAME');
    expect(error.message).toMatch(/^seq\b/);
  });

  test('of a conversation of others, or of none, is refused: CONVERSATION_NOT_FOUND', async () => {
    const { a, conversation } = await pair();
    const eve = await enter(server(), newUser('eve'));
    for (const [index, id] of [conversation, 'dm~x~y', 'nonsense', `dm~${a}~${a}`].entries()) {
      eve.send({ type: 'read', id: `r${index}`, conversation: id, seq: 1 });
      expect(await eve.refusal(`r${index}`)).toMatchObject({ code: 'CONVERSATION_NOT_FOUND', temporary: false });
    }
  });

  test('over REST does the same', async () => {
    const { b, alice, conversation } = await pair();
    const path = `/v1/conversations/${conversation}/read`;
    const first = await server().rest('PUT', path, { as: b, body: { seq: 2 } });
    expect(first).toMatchObject({ status: 200, body: { conversation, seq: 2 } });
    expect(first.headers.get('weiliao-position')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await alice.next('read')).toMatchObject({ reader: b, seq: 2 });
    expect((await server().rest('PUT', path, { as: b, body: { seq: 1 } })).body).toEqual({ conversation, seq: 2 });
  });

  test('of the sender does not mark what others have not read', async () => {
    const { a, alice, conversation } = await pair();
    await alice.markRead(conversation, 3);
    expect((await history(a, conversation)).map(({ status }) => status)).toEqual([1, 1, 1]);
  });

  test('holds when the last of a long conversation is marked, and is known after 200 messages more', async () => {
    const { b, alice, bob, conversation } = await pair(1);
    await bob.markRead(conversation, 1);
    for (let count = 0; count < 200; count += 1) alice.send({ type: 'send', id: `x${count}`, to: b, msg: 'x' });
    for (let count = 0; count < 200; count += 1) await alice.ack(`x${count}`);
    expect((await bob.markRead(conversation, 1)).seq).toBe(1);
    await bob.markRead(conversation, 201);
    expect((await history(b, conversation)).every(({ status }) => status === 2)).toBe(true);
  });
});

describe('the friend list', () => {
  test('counts unread as messages of others above what was read or sent', async () => {
    const { a, b, bob, conversation } = await pair(5);
    expect(await friendOf(b)).toMatchObject({ unread: 5, readSeq: 0, peerReadSeq: 0, lastSeq: 5 });
    expect(await friendOf(a)).toMatchObject({ unread: 0, readSeq: 0, peerReadSeq: 0 });
    await bob.markRead(conversation, 2);
    expect(await friendOf(b)).toMatchObject({ unread: 3, readSeq: 2 });
    expect(await friendOf(a)).toMatchObject({ unread: 0, peerReadSeq: 2 });
    await bob.say(a, 'answer');
    expect(await friendOf(b)).toMatchObject({ unread: 0, readSeq: 2, lastSeq: 6 });
    expect(await friendOf(a)).toMatchObject({ unread: 1 });
  });

  test('is paged, newest activity first, each conversation once', async () => {
    const user = newUser();
    const peers = Array.from({ length: 25 }, () => newUser('p'));
    await server().register(user, ...peers);
    const socket = await enter(server(), user);
    for (const peer of peers) await socket.say(peer, 'hello');
    await socket.say(peers[3]!, 'again');
    const expected = [peers[3], ...peers.filter((peer) => peer !== peers[3]).reverse()];
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const before: string = next === '' ? '' : `&before=${encodeURIComponent(next)}`;
      type Page = { items: { peer: { id: string }; lastMessage: { msg: string } }[]; next: string | null };
      const page: Page = await server().get<Page>(`/v1/conversations?limit=10${before}`, user);
      seen.push(...page.items.map(({ peer }) => peer.id));
      next = page.next;
    }
    expect(new Set(seen)).toEqual(new Set(expected));
    expect(seen).toHaveLength(25);
    expect(seen[0]).toBe(peers[3]);
  });
});
