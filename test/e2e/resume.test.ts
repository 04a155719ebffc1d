import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newUser, ownFolder, sharedServer, startServer } from '../support/server.ts';
import { comeBack, textsOf } from '../support/come-back.ts';
import { conversationOf, enter, newId, openSocket } from '../support/socket.ts';

describe('a client that comes back with its cursor', () => {
  const server = sharedServer();

  test('without one is live at once', async () => {
    const { recovered, missed } = await comeBack(server(), newUser());
    expect({ recovered, missed }).toEqual({ recovered: false, missed: [] });
  });

  test('gets what it missed, of every conversation and kind, once, in log order, and then what is live', async () => {
    const [a, b, c] = [newUser('a'), newUser('b'), newUser('c')];
    await server().register(a, b, c);
    const [alice, carol] = [await enter(server(), a), await enter(server(), c)];
    const bob = await comeBack(server(), b);
    await alice.say(b, 'seen');
    const seen = await bob.chat.next('message');
    bob.chat.cut();
    await alice.say(b, 'one');
    await carol.say(b, 'two');
    await alice.say(b, 'three');
    const reader = await enter(server(), b);
    await reader.markRead(conversationOf(a, b), 2);
    reader.cut();
    await carol.say(a, 'not for b');
    const back = await comeBack(server(), b, seen.cursor);
    expect(back.recovered).toBe(true);
    expect(textsOf(back.missed)).toEqual(['one', 'two', 'three']);
    expect(back.missed.map(({ type }) => type)).toEqual(['message', 'message', 'message', 'read']);
    await carol.say(b, 'live');
    expect((await back.chat.next('message')).msg).toBe('live');
    // Each frame's cursor is a place to go on from.
    const [first] = back.missed;
    const again = await comeBack(server(), b, (first as { cursor: string }).cursor);
    expect(textsOf(again.missed)).toEqual(['two', 'three', 'live']);
    expect(textsOf((await comeBack(server(), b, again.cursor)).missed)).toEqual([]);
  });

  test('misses nothing while others keep writing', async () => {
    const [a, b] = [newUser('a'), newUser('b')];
    await server().register(a, b);
    const alice = await enter(server(), a);
    const first = await comeBack(server(), b);
    let cursor = first.cursor;
    first.chat.cut();
    const wanted: string[] = [];
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) {
        const msg = `m${wanted.length}`;
        wanted.push(msg);
        await alice.say(b, msg);
      }
    })();
    const got: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const back = await comeBack(server(), b, cursor);
      expect(back.recovered).toBe(true);
      ({ cursor } = back);
      got.push(...textsOf(back.missed));
      for (let count = 0; count < 5; count += 1) {
        const frame = await back.chat.next('message');
        got.push(frame.msg);
        ({ cursor } = frame);
      }
      back.chat.cut();
    }
    stop.abort();
    await writing;
    got.push(...textsOf((await comeBack(server(), b, cursor)).missed));
    expect(got).toEqual(wanted);
  });

  test('is told of a conversation with over a thousand missed events, and gets all others', async () => {
    const [a, b, c] = [newUser('a'), newUser('b'), newUser('c')];
    await server().register(a, b, c);
    const [alice, carol] = [await enter(server(), a), await enter(server(), c)];
    const { chat, cursor } = await comeBack(server(), b);
    chat.cut();
    await carol.say(b, 'few');
    const ids = Array.from({ length: 1_001 }, () => newId());
    for (const id of ids) alice.send({ type: 'send', id, to: b, msg: 'm' });
    for (const id of ids) await alice.ack(id);
    const back = await comeBack(server(), b, cursor);
    expect(back.recovered).toBe(true);
    expect(textsOf(back.missed)).toEqual(['few']);
    expect(back.missed.at(-1)).toEqual({ type: 'reset', conversations: [conversationOf(a, b)] });
    await alice.say(b, 'live');
    expect((await back.chat.next('message')).seq).toBe(1_002);
  });

  test('gets nothing of others by a cursor of theirs', async () => {
    const [a, b, eve] = [newUser('a'), newUser('b'), newUser('e')];
    await server().register(a, b, eve);
    const before = await comeBack(server(), a);
    const alice = await enter(server(), a);
    await alice.say(b, 'secret');
    const stranger = await comeBack(server(), eve, before.cursor);
    expect(stranger).toMatchObject({ recovered: true, missed: [] });
  });

  test.each([
    ['that nobody gave', () => randomBytes(16).toString('base64url')],
    ['that is no cursor', () => 'x'],
    ['of nothing', () => ''],
    ['of another form', () => '12345'],
    ['of 256 characters', () => 'x'.repeat(256)],
  ])('that is one %s is let in, told that nothing is recovered, and is live', async (_what, cursor) => {
    const [a, b] = [newUser('a'), newUser('b')];
    await server().register(a, b);
    const { chat, recovered, missed } = await comeBack(server(), b, cursor());
    expect({ recovered, missed }).toEqual({ recovered: false, missed: [] });
    await (await enter(server(), a)).say(b, 'live');
    expect((await chat.next('message')).msg).toBe('live');
  });

  test('may go on from the position of any answer over REST: a list, then hello, and nothing falls between', async () => {
    const [a, b] = [newUser('a'), newUser('b')];
    await server().register(a, b);
    const alice = await enter(server(), a);
    await alice.say(b, 'listed');
    const list = await server().rest<{ items: { lastMessage: { msg: string } }[] }>('GET', '/v1/conversations', {
      as: b,
    });
    await alice.say(b, 'after the list');
    const position = list.headers.get('weiliao-position')!;
    expect(position).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const { missed, recovered } = await comeBack(server(), b, position);
    expect(recovered).toBe(true);
    const shown = list.body.items.map(({ lastMessage }) => lastMessage.msg);
    // A lower bound: what the list shows may come once more, but nothing is left out.
    expect(new Set([...shown, ...textsOf(missed)])).toEqual(new Set(['listed', 'after the list']));
    const asked = await server().rest('GET', '/v1/conversations', {
      as: b,
      headers: { 'Weiliao-Min-Position': (await comeBack(server(), b)).cursor },
    });
    expect(asked.status).toBe(200);
  });

  test('is a socket of HTTP_PORT or of WS_PORT', async () => {
    const [a, b] = [newUser('a'), newUser('b')];
    await server().register(a, b);
    const alice = await enter(server(), a);
    const { chat, cursor } = await comeBack(server(), b);
    chat.cut();
    await alice.say(b, 'missed');
    const other = await openSocket({ sockets: `ws://127.0.0.1:${server().httpPort}` });
    other.send({ type: 'hello', user: b, cursor });
    expect((await other.next('message')).msg).toBe('missed');
  });
});

test('a cursor is good after a restart and after a rebuild, and none of another log', async () => {
  const folder = ownFolder();
  const first = await startServer({}, folder);
  await first.register('a', 'b');
  const { cursor } = await comeBack(first, 'b');
  await (await enter(first, 'a')).say('b', 'missed');
  const { cursor: newest } = await comeBack(first, 'b');
  await first.stop();
  const second = await startServer({}, folder);
  expect(textsOf((await comeBack(second, 'b', cursor)).missed)).toEqual(['missed']);
  const other = await startServer();
  await other.register('b');
  expect(await comeBack(other, 'b', newest)).toMatchObject({ recovered: false, missed: [] });
});
