import { v4, v7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { ownFolder, newUser, sharedServer, startServer } from '../support/server.ts';
import { conversationOf, enter, newId } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';

interface Ack {
  readonly id: string;
  readonly message: string;
  readonly seq: number;
  readonly duplicate: boolean;
}

const server = sharedServer();

async function pair() {
  const [a, b] = [newUser('a'), newUser('b')];
  await server().register(a, b);
  return { a, b, alice: await enter(server(), a) };
}

/** Expects that this frame changes nothing, and is answered with the values of the first time. */
async function expectDuplicate(chat: Chat, to: string, msg: string, first: Ack): Promise<void> {
  expect(await chat.say(to, msg, first.id)).toEqual({ ...first, duplicate: true });
}

describe('the same id again', () => {
  test('is answered with the first values', async () => {
    const { b, alice } = await pair();
    const first = await alice.say(b, 'm');
    await expectDuplicate(alice, b, 'm', first);
    await expectDuplicate(alice, b, 'm', first);
    expect((await alice.say(b, 'next')).seq).toBe(2);
  });

  test('in the very same moment is stored once', async () => {
    const { b, alice } = await pair();
    const id = newId();
    for (let count = 0; count < 50; count += 1) alice.send({ type: 'send', id, to: b, msg: 'm' });
    const acks = [];
    for (let count = 0; count < 50; count += 1) acks.push(await alice.ack(id));
    expect(acks.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(acks.map(({ message, revision, sendDate }) => `${message} ${revision} ${sendDate}`)).size).toBe(1);
    await alice.settled();
    expect(alice.messages).toHaveLength(1);
  });

  test('on another connection, on one after the first is gone, and over REST is the same message', async () => {
    const { a, b, alice } = await pair();
    const first = await alice.say(b, 'm');
    await expectDuplicate(await enter(server(), a), b, 'm', first);
    alice.cut();
    await expectDuplicate(await enter(server(), a), b, 'm', first);
    const body = { id: first.id, to: b, msg: 'm' };
    const { status, body: answer } = await server().rest('POST', '/v1/messages', { as: a, body });
    expect(status).toBe(200);
    expect({ type: 'ack', ...(answer as Ack) }).toEqual({ ...first, duplicate: true });
  });

  test('first over REST, then on a socket, is the same message', async () => {
    const { a, b, alice } = await pair();
    const body = { id: newId(), to: b, msg: 'm' };
    const first = await server().rest<Ack>('POST', '/v1/messages', { as: a, body });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/v1/messages/${encodeURIComponent(first.body.message)}`);
    expect(await alice.say(b, 'm', body.id)).toMatchObject({ ...first.body, duplicate: true });
  });

  test('by addressee and by conversation is the same message', async () => {
    const { a, b, alice } = await pair();
    const first = await alice.say(b, 'm');
    alice.send({ type: 'send', id: first.id, conversation: conversationOf(a, b), msg: 'm' });
    expect(await alice.ack(first.id)).toMatchObject({ message: first.message, duplicate: true });
  });

  test('after 150 others, with ids in any order and of any kind, is the same message', async () => {
    const { b, alice } = await pair();
    const ids = ['zzzz', v4(), v7(), '0', 'a:b.c_d-e', 'Z', ...Array.from({ length: 150 }, () => v4())];
    ids.push('z'.repeat(64), '-', '.', ':', v7({ msecs: 1 }));
    const firsts: Ack[] = [];
    for (const [index, id] of ids.entries()) alice.send({ type: 'send', id, to: b, msg: `m${index}` });
    for (const id of ids) firsts.push(await alice.ack(id));
    expect(firsts.map(({ seq }) => seq)).toEqual(ids.map((_id, index) => index + 1));
    for (const [index, first] of firsts.entries()) await expectDuplicate(alice, b, `m${index}`, first);
    expect((await alice.say(b, 'last')).seq).toBe(ids.length + 1);
  });

  test('after 120 messages of the other side is the same message', async () => {
    const { a, b, alice } = await pair();
    const bob = await enter(server(), b);
    const first = await alice.say(b, 'm', v4());
    for (let count = 0; count < 120; count += 1) bob.send({ type: 'send', id: `r${count}`, to: a, msg: 'r' });
    for (let count = 0; count < 120; count += 1) await bob.ack(`r${count}`);
    await expectDuplicate(alice, b, 'm', first);
  });

  test('of another sender is another message', async () => {
    const { a, b, alice } = await pair();
    const bob = await enter(server(), b);
    expect(await alice.say(b, 'm', 'same')).toMatchObject({ seq: 1, duplicate: false });
    expect(await bob.say(a, 'm', 'same')).toMatchObject({ seq: 2, duplicate: false });
  });

  test('after the server was ended, or killed, is the same message', async () => {
    const folder = ownFolder();
    const ids = [...Array.from({ length: 40 }, () => v4()), 'z', 'A', v7(), ...Array.from({ length: 80 }, () => v7())];
    const firsts: Ack[] = [];
    for (const round of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
      const own = await startServer({}, folder);
      await own.register('bob');
      const alice = await enter(own, 'alice');
      if (firsts.length === 0) {
        for (const id of ids) alice.send({ type: 'send', id, to: 'bob', msg: id });
        for (const id of ids) firsts.push(await alice.ack(id));
      } else {
        for (const first of firsts) alice.send({ type: 'send', id: first.id, to: 'bob', msg: first.id });
        for (const first of firsts) expect(await alice.ack(first.id)).toEqual({ ...first, duplicate: true });
      }
      await own.stop(round);
    }
  });
});

describe('an id that was used for another message', () => {
  test('is a conflict: another text, another addressee, another conversation', async () => {
    const { a, b, alice } = await pair();
    const other = newUser('c');
    await server().register(other);
    await alice.say(other, 'begin');
    const { id } = await alice.say(b, 'm');
    const frames = [
      { to: b, msg: 'M' },
      { to: other, msg: 'm' },
      { to: a, msg: 'm' },
      { conversation: conversationOf(a, other), msg: 'm' },
      { conversation: conversationOf(a, b), msg: 'n' },
    ];
    for (const frame of frames) {
      alice.send({ type: 'send', id, ...frame });
      expect(await alice.refusal(id), JSON.stringify(frame)).toMatchObject({
        code: 'IDEMPOTENCY_CONFLICT',
        temporary: false,
      });
    }
    const rest = await server().rest('POST', '/v1/messages', { as: a, body: { id, to: other, msg: 'm' } });
    expect(rest).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } });
    await expectDuplicate(alice, b, 'm', { ...(await alice.say(b, 'm', id)), duplicate: false });
  });

  test('is a conflict also in the very same moment: of two addressees one gets it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { b, alice } = await pair();
      const other = newUser('c');
      await server().register(other);
      const id = v4();
      alice.send({ type: 'send', id, to: b, msg: 'm' });
      alice.send({ type: 'send', id, to: other, msg: 'm' });
      const answers = [await alice.answer(id), await alice.answer(id)];
      expect(answers.map((answer) => (answer.type === 'error' ? answer.code : 'ack')).sort()).toEqual([
        'IDEMPOTENCY_CONFLICT',
        'ack',
      ]);
    }
  });

  test('is a conflict in the very same moment for a sender who was here before, too', async () => {
    const { b, alice } = await pair();
    const others = Array.from({ length: 5 }, () => newUser('c'));
    await server().register(...others);
    await alice.say(b, 'first', 'zzz');
    for (let round = 0; round < 20; round += 1) {
      const id = v4();
      for (const to of [b, ...others]) alice.send({ type: 'send', id, to, msg: 'm' });
      const answers = [];
      for (let count = 0; count <= others.length; count += 1) answers.push(await alice.answer(id));
      expect(answers.filter(({ type }) => type === 'ack')).toHaveLength(1);
    }
  });
});
