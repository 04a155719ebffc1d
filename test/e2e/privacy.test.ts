import { describe, expect, test } from 'vitest';
import { newUser, sharedServer } from '../support/server.ts';
import type { RestOptions } from '../support/server.ts';
import { conversationOf, enter, newId } from '../support/socket.ts';

const server = sharedServer();

interface Scene {
  readonly a: string;
  readonly b: string;
  /** A conversation of a and b, with messages and reads. */
  readonly theirs: string;
  /** Of two who are registered, but never wrote. */
  readonly unborn: string;
  /** Of two who do not exist. */
  readonly nobodys: string;
  readonly eve: string;
}

/** The users of all three conversations have ids of one length, so that answers that echo them are of one size. */
async function scene(): Promise<Scene> {
  const [a, b, c, d, x, y, eve] = Array.from({ length: 7 }, (_, index) =>
    `${'abcdxye'[index]!}${newUser()}`.slice(0, 9).padEnd(9, '0'),
  );
  await server().register(a!, b!, c!, d!, eve!);
  const alice = await enter(server(), a!);
  for (let count = 0; count < 5; count += 1) await alice.say(b!, `secret ${count}`);
  await alice.markRead(conversationOf(a!, b!), 2);
  alice.cut();
  const [theirs, unborn, nobodys] = [conversationOf(a!, b!), conversationOf(c!, d!), conversationOf(x!, y!)];
  return { a: a!, b: b!, theirs, unborn, nobodys, eve: eve! };
}

/** What is not of the moment: all of an answer but its date and its own id. */
async function answerTo(method: string, path: string, options: RestOptions) {
  const { status, headers, text } = await server().rest(method, path, options);
  const kept = [...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id');
  return { status, headers: kept, text };
}

const calls: [string, string, (conversation: string) => string, ((conversation: string) => unknown)?][] = [
  ['its messages', 'GET', (id) => `/v1/conversations/${id}/messages`],
  ['its messages after a seq', 'GET', (id) => `/v1/conversations/${id}/messages?after=3&limit=1`],
  ['its first message', 'GET', (id) => `/v1/messages/${id}:1`],
  ['a message beyond its end', 'GET', (id) => `/v1/messages/${id}:99`],
  ['its read mark', 'PUT', (id) => `/v1/conversations/${id}/read`, () => ({ seq: 1 })],
  ['a read mark beyond its end', 'PUT', (id) => `/v1/conversations/${id}/read`, () => ({ seq: 99 })],
  ['a message into it', 'POST', () => '/v1/messages', (id) => ({ id: 'i', conversation: id, msg: 'm' })],
];

describe('to a stranger, a conversation of others is like one that does not exist', () => {
  test.each(calls)('over REST: %s', async (_name, method, path, body) => {
    const { theirs, unborn, nobodys, eve } = await scene();
    const ask = (id: string) => answerTo(method, path(id), { as: eve, ...(body && { body: body(id) }) });
    const answer = await ask(theirs);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    expect(await ask(unborn)).toEqual(answer);
    expect(await ask(nobodys)).toEqual(answer);
    expect(await ask('nonsense')).toEqual(answer);
    expect(await ask('group~nothing')).toEqual(answer);
  });

  test('on a socket: sends, reads and typing', async () => {
    const { theirs, unborn, nobodys, eve } = await scene();
    const socket = await enter(server(), eve);
    const frames = (conversation: string) => [
      { type: 'send', id: 'same', conversation, msg: 'm' },
      { type: 'read', id: 'same', conversation, seq: 1 },
      { type: 'read', id: 'same', conversation, seq: 99 },
    ];
    const answers = [];
    for (const conversation of [theirs, unborn, nobodys]) {
      const told = [];
      for (const frame of frames(conversation)) {
        socket.send(frame);
        told.push(await socket.refusal('same'));
      }
      socket.send({ type: 'typing', conversation, on: true });
      await socket.settled();
      expect(socket.frames).toEqual([]);
      answers.push(told);
    }
    expect(answers[0]![0]).toMatchObject({ code: 'CONVERSATION_NOT_FOUND', temporary: false });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

describe('what two say to each other', () => {
  test('comes to no socket of a third', async () => {
    const { a, b, theirs, eve } = await scene();
    const [alice, bob, spy] = [await enter(server(), a), await enter(server(), b), await enter(server(), eve)];
    await alice.say(b, 'psst');
    await bob.markRead(theirs, 6);
    await bob.say(a, 'yes?');
    await alice.next('read');
    await bob.settled();
    await spy.settled();
    expect(spy.frames).toEqual([]);
  });

  test('is in no list, history or count of a third', async () => {
    const { a, b, eve } = await scene();
    expect(await server().get('/v1/conversations', eve)).toEqual({ items: [], next: null });
    for (const peer of [a, b]) expect(await server().get(`/message?fromId=${eve}&toId=${peer}`)).toEqual([]);
    const users = await server().get<{ id: string; chat_msg?: string }[]>(`/user?fromId=${eve}`);
    expect(users.filter(({ chat_msg }) => chat_msg !== undefined)).toEqual([]);
    const spy = await enter(server(), eve);
    await spy.say(a, 'hello');
    const { items } = await server().get<{ items: object[] }>('/v1/conversations', eve);
    expect(items).toMatchObject([{ lastSeq: 1, unread: 0, readSeq: 0, peerReadSeq: 0 }]);
    expect(JSON.stringify(items)).not.toContain('secret');
  });

  test('is not told by a page cursor that a third makes up', async () => {
    const { theirs, eve } = await scene();
    const before = Buffer.from(`${Date.now() + 1_000}:${theirs}~`).toString('base64url');
    expect(await server().get(`/v1/conversations?before=${before}`, eve)).toEqual({ items: [], next: null });
  });

  test('is not told by the id of a message: the same one of a third is a message of its own', async () => {
    const { a, b, eve } = await scene();
    const [alice, spy] = [await enter(server(), a), await enter(server(), eve)];
    const id = newId();
    await alice.say(b, 'm', id);
    expect(await spy.say(b, 'other', id)).toMatchObject({ seq: 1, duplicate: false });
  });

  test('is not told by messages to oneself, nor by users whose ids begin alike', async () => {
    const base = newUser('n');
    const [one, longer, peer] = [base, `${base}0`, `${base}-`];
    await server().register(one, longer, peer);
    const [writer, spy] = [await enter(server(), longer), await enter(server(), one)];
    await writer.say(peer, 'secret');
    await writer.say(longer, 'note');
    await spy.settled();
    expect(spy.frames).toEqual([]);
    expect(await server().get('/v1/conversations', one)).toEqual({ items: [], next: null });
    for (const id of [conversationOf(longer, peer), `dm~${longer}~${longer}`]) {
      expect((await server().rest('GET', `/v1/conversations/${id}/messages`, { as: one })).status).toBe(404);
    }
  });

  test('is named in no line of the log', async () => {
    await scene();
    expect(JSON.stringify(server().log)).not.toContain('secret');
  });
});
