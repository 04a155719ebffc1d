import { validate, version } from 'uuid';
import { describe, expect, test } from 'vitest';
import { ClientError } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';
import { clientOf, live, onFakeTime, pass, record, refusal, settle } from './harness.ts';

onFakeTime();

const ab = 'dm~a~b';

/** A server that answers no send; the test does. */
async function unanswered() {
  const made = await live();
  made.chat.intercept = (_, { type }) => type === 'send';
  return made;
}

const sends = (chat: FakeChat) => chat.sockets.flatMap((socket) => socket.of('send'));

describe('a message that is sent', () => {
  test('is a row at once, and turns into the message with its place', async () => {
    const { chat, client } = await live();
    chat.message('b', 'a');
    chat.message('a', 'b');
    await settle();
    const room = client.conversation(ab);
    const sent = room.send('hello');
    const [row] = room.get().pending;
    expect(row).toMatchObject({ conversation: ab, msg: 'hello', state: 'sending', kept: false, error: undefined });
    expect(validate(row!.clientId) && version(row!.clientId)).toBe(7);
    expect(client.pending.get()).toEqual([row]);
    const message = await sent;
    expect(message).toMatchObject({
      id: `${ab}:3`,
      clientId: row!.clientId,
      seq: 3,
      from: { id: 'a', username: 'a-name' },
      to: { id: 'b', username: 'b-name' },
    });
    await settle();
    expect(room.get().pending).toEqual([]);
    expect(room.get().messages.at(-1)).toMatchObject({ clientId: row!.clientId, seq: 3 });
    expect(room.get().messages.filter(({ seq }) => seq === 3)).toHaveLength(1);
    expect(room.get().conversation).toMatchObject({ lastSeq: 3, seenSeq: 3, unread: 0 });
  });

  test('is whole by the ack alone, and in its place before the frame comes', async () => {
    const { chat, client } = await unanswered();
    const sent = client.send({ to: 'b', msg: 'hello' });
    await settle();
    const { id } = sends(chat)[0]!;
    const place = { conversation: ab, seq: 7, revision: 9, sendDate: 5, duplicate: false };
    chat.socket.say({ type: 'ack', id, message: `${ab}:7`, ...place });
    expect(await sent).toEqual({
      id: `${ab}:7`,
      clientId: id,
      conversation: ab,
      seq: 7,
      revision: 9,
      from: { id: 'a', username: 'a' },
      to: { id: 'b', username: 'b' },
      msg: 'hello',
      status: 1,
      sendDate: 5,
      readDate: null,
    });
    expect(client.conversation(ab).get().messages).toHaveLength(1);
  });

  test('is told as an event once, when the frame comes', async () => {
    const { chat, client } = await live();
    const told = record(client, 'message');
    await client.send({ to: 'b', msg: 'hello' });
    await settle();
    expect(told.map(({ seq }) => seq)).toEqual([1]);
    expect(chat.log).toHaveLength(1);
  });

  test('goes one at a time in a conversation, and beside those of others', async () => {
    const { chat, client } = await unanswered();
    const all = ['1', '2'].flatMap((msg) => ['b', 'c'].map((to) => client.send({ to, msg })));
    await settle();
    expect(sends(chat).map(({ to, msg }) => [to, msg])).toEqual([
      ['b', '1'],
      ['c', '1'],
    ]);
    chat.intercept = () => false;
    for (const frame of sends(chat)) chat.receive(chat.socket, frame);
    await Promise.all(all);
    expect(chat.messages(ab).map(({ msg }) => msg)).toEqual(['1', '2']);
  });

  test('waits for a connection, in its order', async () => {
    const chat = new FakeChat();
    const client = clientOf(chat);
    const all = ['1', '2', '3'].map((msg) => client.send({ to: 'b', msg }));
    expect(
      client
        .conversation(ab)
        .get()
        .pending.map(({ state }) => state),
    ).toEqual(['queued', 'queued', 'queued']);
    client.connect();
    await settle();
    expect((await Promise.all(all)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('goes out again after a break, same id, and is stored once', async () => {
    const { chat, client } = await live();
    // The server takes it, and the answer is lost.
    chat.intercept = (socket, { type, id, msg }) => {
      if (type !== 'send') return false;
      chat.silently(() => chat.message('a', 'b', { msg: msg as string, clientId: id as string }));
      socket.end();
      return true;
    };
    const first = client.send({ to: 'b', msg: '1' });
    const second = client.send({ to: 'b', msg: '2' });
    await settle();
    expect(client.pending.get().map(({ state }) => state)).toEqual(['queued', 'queued']);
    chat.intercept = () => false;
    await pass(500);
    expect([await first, await second].map(({ seq }) => seq)).toEqual([1, 2]);
    expect(chat.messages(ab).map(({ msg }) => msg)).toEqual(['1', '2']);
  });

  test('is sent again where no answer comes', async () => {
    const { chat, client } = await unanswered();
    const sent = client.send({ to: 'b', msg: 'hello' });
    await pass(29_999);
    expect(sends(chat)).toHaveLength(1);
    chat.intercept = () => false;
    await pass(1);
    expect((await sent).seq).toBe(1);
    expect(new Set(sends(chat).map(({ id }) => id)).size).toBe(1);
  });

  test('is never ended by a disconnect', async () => {
    const { client } = await unanswered();
    let settled = false;
    const sent = client.send({ to: 'b', msg: 'hello' });
    sent.finally(() => (settled = true)).catch(() => undefined);
    await settle();
    client.disconnect();
    await pass(600_000);
    expect(settled).toBe(false);
    expect(client.pending.get()).toMatchObject([{ state: 'queued' }]);
  });
});

describe('a refusal', () => {
  test.each(['RATE_LIMITED', 'OVERLOADED', 'STORE_UNAVAILABLE'])(
    '%s holds the conversation back for a while, and ends nothing',
    async (code) => {
      const { chat, client } = await live();
      let refusals = 12;
      chat.intercept = (socket, { type, id, to }) => {
        if (type !== 'send' || to !== 'b' || refusals-- <= 0) return false;
        socket.say(refusal(id, code, true));
        return true;
      };
      const held = ['1', '2'].map((msg) => client.send({ to: 'b', msg }));
      const other = client.send({ to: 'c', msg: '1' });
      expect((await other).seq).toBe(1);
      await settle();
      expect(client.conversation(ab).get().pending).toMatchObject([
        { state: 'queued', error: { code } },
        { state: 'queued', error: undefined },
      ]);
      await pass(499);
      expect(refusals).toBe(11);
      await pass(200_000);
      expect((await Promise.all(held)).map(({ seq }) => seq)).toEqual([1, 2]);
      expect(
        new Set(
          sends(chat)
            .filter(({ msg, to }) => msg === '1' && to === 'b')
            .map(({ id }) => id),
        ).size,
      ).toBe(1);
    },
  );

  test.each(['BLOCKED', 'IDEMPOTENCY_CONFLICT', 'USER_NOT_FOUND', 'CONVERSATION_DAMAGED', 'A_NEWER_ONE'])(
    '%s is told to the caller, and the row says so; the next one goes on',
    async (code) => {
      const { chat, client } = await live();
      chat.intercept = (socket, { type, id, msg }) => {
        if (type !== 'send' || msg !== 'bad') return false;
        socket.say(refusal(id, code, false));
        return true;
      };
      const bad = client.send({ to: 'b', msg: 'bad' });
      const good = client.send({ to: 'b', msg: 'good' });
      await expect(bad).rejects.toMatchObject({ code, temporary: false, message: 'in words' });
      await expect(bad).rejects.toBeInstanceOf(ClientError);
      expect((await good).seq).toBe(1);
      await settle();
      expect(client.pending.get()).toMatchObject([{ msg: 'bad', state: 'failed', error: { code } }]);
      chat.socket.end();
      await pass(600_000);
      expect(sends(chat).filter(({ msg }) => msg === 'bad')).toHaveLength(1);
    },
  );

  test('can be tried again with the same id, or taken back', async () => {
    const { chat, client } = await live();
    chat.intercept = (socket, { type, id }) => {
      if (type === 'send') socket.say(refusal(id, 'BLOCKED', false));
      return type === 'send';
    };
    await Promise.allSettled(['1', '2'].map((msg) => client.send({ to: 'b', msg })));
    const [one, two] = client.pending.get();
    chat.intercept = () => false;
    client.retry(one!.clientId);
    client.discard(two!.clientId);
    await settle();
    expect(client.pending.get()).toEqual([]);
    expect(chat.messages(ab)).toMatchObject([{ msg: '1', clientId: one!.clientId }]);
  });

  test('that belongs to no message is an event', async () => {
    const { chat, client } = await live();
    const errors = record(client, 'error');
    chat.socket.say(refusal(undefined, 'BAD_FRAME', false));
    await settle();
    expect(errors).toMatchObject([{ code: 'BAD_FRAME' }]);
  });
});

describe('what no server would take', () => {
  test.each([
    { to: 'b', msg: '' },
    { to: 'b', msg: 'é'.repeat(4_097) },
    { to: 'nobody here', msg: 'hi' },
    { to: 'b', msg: 'hi', id: 'no id' },
  ])('is refused here: %j', async (message) => {
    const { chat, client } = await live();
    await expect(client.send(message)).rejects.toMatchObject({ code: 'BAD_FRAME' });
    await settle();
    expect(sends(chat)).toEqual([]);
    expect(client.pending.get()).toEqual([]);
  });

  test('the longest message goes', async () => {
    const { client } = await live();
    expect((await client.send({ to: 'b', msg: 'é'.repeat(4_096) })).seq).toBe(1);
  });
});

test('a message that is taken back rejects, and the next one goes on', async () => {
  const { chat, client } = await unanswered();
  const [first, second] = ['1', '2'].map((msg) => client.send({ to: 'b', msg }));
  client.discard(client.pending.get()[0]!.clientId);
  await expect(first).rejects.toMatchObject({ code: 'DISCARDED' });
  await settle();
  chat.intercept = () => false;
  chat.receive(chat.socket, sends(chat)[1]!);
  expect((await second)!.msg).toBe('2');
});

test('the same message under the same id is one call, another one a conflict', async () => {
  const { client } = await live();
  const message = { to: 'b', msg: 'hi', id: 'mine' };
  const [one, two] = [client.send(message), client.send(message)];
  expect(two).toBe(one);
  expect(client.send({ conversation: ab, msg: 'hi', id: 'mine' })).toBe(one);
  const others = [{ msg: 'other' }, { to: 'c' }].map((other) => client.send({ ...message, ...other }));
  for (const other of others) await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect((await one).clientId).toBe('mine');
});

test('10,000 messages wait, and no more', async () => {
  const client = clientOf(new FakeChat());
  for (let i = 0; i < 10_000; i += 1) void client.send({ to: 'b', msg: 'x' });
  await expect(client.send({ to: 'b', msg: 'x' })).rejects.toMatchObject({ code: 'QUEUE_FULL', temporary: true });
});

describe('read marks', () => {
  test('are one watermark per conversation, sent until it is answered', async () => {
    const { chat, client } = await live();
    for (let i = 0; i < 5; i += 1) chat.message('b', 'a');
    await settle();
    chat.intercept = (_, { type }) => type === 'read';
    for (const seq of [1, 2, 3, 5, 4]) client.markRead(ab, seq);
    await settle();
    expect(chat.socket.of('read').map(({ seq }) => seq)).toEqual([1]);
    chat.intercept = () => false;
    chat.socket.end();
    await pass(500);
    expect(chat.socket.of('read').map(({ seq }) => seq)).toEqual([5]);
    chat.socket.end();
    await pass(1_000);
    expect(chat.socket.of('read')).toEqual([]);
    expect(client.conversations.get()).toMatchObject([{ readSeq: 5, unread: 0 }]);
  });

  test('are sent again after a temporary refusal, and dropped after another', async () => {
    const { chat, client } = await live();
    for (let i = 0; i < 2; i += 1) chat.message('b', 'a');
    await settle();
    let code = 'OVERLOADED';
    chat.intercept = (socket, { type, id }) => {
      if (type === 'read') socket.say(refusal(id, code, code === 'OVERLOADED'));
      return type === 'read';
    };
    client.markRead(ab, 2);
    await pass(499);
    expect(chat.socket.of('read')).toHaveLength(1);
    code = 'CONVERSATION_DAMAGED';
    await pass(60_000);
    expect(chat.socket.of('read')).toHaveLength(2);
  });
});
