import { describe, expect, test } from 'vitest';
import { newUser, sharedServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf, enter, newId } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';

const server = sharedServer();

async function pair(at: Server = server()): Promise<{ a: string; b: string; alice: Chat; bob: Chat }> {
  const [a, b] = [newUser('a'), newUser('b')];
  const [alice, bob] = await Promise.all([enter(at, a, { username: 'Alice' }), enter(at, b, { username: 'Bob' })]);
  return { a, b, alice, bob };
}

describe('send', () => {
  test('is acked, and comes to both sides as the same message', async () => {
    const { a, b, alice, bob } = await pair();
    const id = newId();
    const before = Date.now();
    alice.send({ type: 'send', id, to: b, msg: 'hello' });
    const ack = await alice.ack(id);
    const conversation = conversationOf(a, b);
    const message = `${conversation}:1`;
    expect(ack).toMatchObject({ message, conversation, seq: 1, revision: 0, duplicate: false });
    expect(ack.sendDate).toBeGreaterThanOrEqual(before - 1_000);
    const [sent, received] = await Promise.all([alice.next('message'), bob.next('message')]);
    expect(received).toEqual(sent);
    expect(received).toMatchObject({
      ...{ id: message, clientId: id, conversation, seq: 1, revision: 0, msg: 'hello', status: 1, readDate: null },
      ...{ from: { id: a, username: 'Alice' }, to: { id: b, username: 'Bob' }, sendDate: ack.sendDate },
    });
  });

  test('is stored before it is acked: whoever asks after the ack is told', async () => {
    const { alice, a, b } = await pair();
    for (let count = 1; count <= 20; count += 1) {
      const { conversation } = await alice.say(b, `m${count}`);
      const { lastSeq } = await server().get<{ lastSeq: number }>(
        `/v1/conversations/${conversation}/messages?limit=1`,
        a,
      );
      expect(lastSeq).toBe(count);
    }
  });

  test('reaches every device of both sides, the others of the sender included, each once', async () => {
    const { a, b, alice, bob } = await pair();
    const more = [await enter(server(), a), await enter(server(), a), await enter(server(), b)];
    for (let count = 0; count < 10; count += 1) alice.send({ type: 'send', id: newId(), to: b, msg: `m${count}` });
    for (const socket of [alice, bob, ...more]) {
      for (let count = 0; count < 10; count += 1) expect((await socket.next('message')).revision).toBe(count);
      await socket.settled();
      expect(socket.messages).toEqual([]);
    }
  });

  test('keeps the order of one sender and gives both sides the same order', async () => {
    const { a, b, alice, bob } = await pair();
    const count = 200;
    for (let index = 0; index < count; index += 1) {
      alice.send({ type: 'send', id: newId(), to: b, msg: `a${index}` });
      bob.send({ type: 'send', id: newId(), to: a, msg: `b${index}` });
    }
    const seen: string[][] = [[], []];
    for (const [side, socket] of [alice, bob].entries()) {
      for (let index = 0; index < 2 * count; index += 1) {
        const message = await socket.next('message');
        expect(message.revision).toBe(index);
        expect(message.seq).toBe(index + 1);
        seen[side]!.push(message.msg);
      }
    }
    expect(seen[0]).toEqual(seen[1]);
    for (const name of ['a', 'b']) {
      const own = seen[0]!.filter((msg) => msg.startsWith(name));
      expect(own).toEqual(Array.from({ length: count }, (_, index) => `${name}${index}`));
    }
  });

  test('takes a conversation instead of an addressee', async () => {
    const { a, b, alice, bob } = await pair();
    const { conversation } = await alice.say(b, 'one');
    bob.send({ type: 'send', id: 'two', conversation, msg: 'two' });
    expect(await bob.ack('two')).toMatchObject({ conversation, seq: 2, revision: 1 });
    expect((await alice.take((frame) => frame.type === 'message' && frame.seq === 2, 'the second')).type).toBe(
      'message',
    );
    expect(conversation).toBe(conversationOf(a, b));
  });

  test('takes a number as addressee', async () => {
    const { alice } = await pair();
    await server().register('777001');
    alice.send({ type: 'send', id: 'n', to: 777001, msg: 'm' });
    expect((await alice.ack('n')).conversation).toContain('777001');
  });

  test('to oneself comes once to each own device', async () => {
    const user = newUser();
    const [one, other] = [await enter(server(), user), await enter(server(), user)];
    expect(await one.say(user, 'note')).toMatchObject({ conversation: `dm~${user}~${user}`, seq: 1 });
    for (const socket of [one, other]) {
      expect(await socket.next('message')).toMatchObject({ from: { id: user }, to: { id: user } });
      await socket.settled();
      expect(socket.frames).toEqual([]);
    }
    const list = await server().get<{ items: object[] }>('/v1/conversations', user);
    expect(list.items).toMatchObject([{ peer: { id: user }, unread: 0, lastSeq: 1 }]);
  });
});

describe('a send is refused', () => {
  test('to an addressee who never registered: USER_NOT_FOUND', async () => {
    const { alice } = await pair();
    alice.send({ type: 'send', id: 'x', to: 'nobody', msg: 'm' });
    expect(await alice.refusal('x')).toMatchObject({ code: 'USER_NOT_FOUND', temporary: false });
    // Registered later, the same frame succeeds.
    const late = newUser('late');
    alice.send({ type: 'send', id: 'y', to: late, msg: 'm' });
    expect(await alice.refusal('y')).toMatchObject({ code: 'USER_NOT_FOUND' });
    await server().register(late);
    alice.send({ type: 'send', id: 'y', to: late, msg: 'm' });
    expect(await alice.ack('y')).toMatchObject({ seq: 1, duplicate: false });
  });

  test.each([
    ['of two others', 'dm~1~2'],
    ['that is none', 'nonsense'],
    ['with its users in the wrong order', 'dm~z~A'],
    ['of a group that is not there', 'group~g'],
    ['with the prefix of a stream', 'conversation-dm~1~2'],
  ])('into a conversation %s: CONVERSATION_NOT_FOUND', async (_name, conversation) => {
    const { alice } = await pair();
    alice.send({ type: 'send', id: 'x', conversation, msg: 'm' });
    expect(await alice.refusal('x')).toMatchObject({ code: 'CONVERSATION_NOT_FOUND', temporary: false });
  });

  test('into an own conversation that did not begin: CONVERSATION_NOT_FOUND', async () => {
    const { a, b, alice } = await pair();
    alice.send({ type: 'send', id: 'x', conversation: conversationOf(a, b), msg: 'm' });
    expect(await alice.refusal('x')).toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    alice.send({ type: 'send', id: 'x', to: b, msg: 'm' });
    expect(await alice.ack('x')).toMatchObject({ seq: 1 });
  });

  const good = { type: 'send', id: 'i', to: 'u', msg: 'm' };
  test.each<[string, object]>([
    ['id', { ...good, id: undefined }],
    ['id', { ...good, id: '' }],
    ['id', { ...good, id: 'x'.repeat(65) }],
    ['id', { ...good, id: 'a b' }],
    ['id', { ...good, id: 7 }],
    ['to', { ...good, to: undefined }],
    ['to', { ...good, to: {} }],
    ['to', { ...good, to: 'a~b' }],
    ['to', { ...good, conversation: 'dm~a~b' }],
    ['conversation', { ...good, to: undefined, conversation: 5 }],
    ['msg', { ...good, msg: undefined }],
    ['msg', { ...good, msg: '' }],
    ['msg', { ...good, msg: 5 }],
    ['msg', { ...good, msg: 'x'.repeat(8_193) }],
    ['msg', { ...good, msg: '\u4e2d'.repeat(2_731) }],
    ['msg', { ...good, msg: 'lone \ud800 surrogate' }],
  ])('where %s is bad, and the message names it: %j', async (field, frame) => {
    const { alice } = await pair();
    alice.send(frame);
    const error = await alice.next('error');
    expect(error).toMatchObject({ code: 'BAD_FRAME', temporary: false });
    expect(error.message).toMatch(new RegExp(`^${field}\\b`));
    if (field !== 'id') expect(error.id).toBe('i');
  });
});

describe('texts', () => {
  test.each<[string, string]>([
    ['of 8,192 bytes', 'x'.repeat(8_192)],
    ['of 8,190 bytes in three-byte characters', '\u4e2d'.repeat(2_730)],
    ['of 8,192 bytes in emoji', '\u{1f600}'.repeat(2_048)],
    ['of one byte', ' '],
    ['with NUL in them', 'a\0b\0'],
    ['of NUL alone', '\0'],
    ['that run right to left', '\u202e\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd\u202c'],
    ['with every control character', Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')],
    ['with JSON and SQL in them', `"}]'; DROP TABLE append; -- {"type":"ping"}\\u0000`],
    ['with line and paragraph separators', 'a\u2028b\u2029c\u0085d'],
    ['that are not normalised', 'e\u0301 \u00e9 \ufb01 \u212b'],
    ['with a byte order mark', '\ufefftext'],
    ['with non-characters', '\uffff\ufffe\u{1fffe}\u{10ffff}'],
    ['with joined emoji', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}'],
  ])('%s arrive, and are kept, as they were sent', async (_name, msg) => {
    const { a, alice, bob, b } = await pair();
    const { conversation } = await alice.say(b, msg);
    expect((await bob.next('message')).msg).toBe(msg);
    const page = await server().get<{ items: { msg: string }[] }>(`/v1/conversations/${conversation}/messages`, a);
    expect(page.items[0]!.msg).toBe(msg);
    const list = await server().get<{ items: { lastMessage: { msg: string } }[] }>('/v1/conversations', b);
    expect(list.items[0]!.lastMessage.msg).toBe(msg);
    const again = await server().rest<{ duplicate: boolean }>('POST', '/v1/messages', {
      as: a,
      body: { id: 'rest', to: b, msg },
    });
    expect(again.status).toBe(201);
  });
});
