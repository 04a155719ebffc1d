import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { validate, version } from 'uuid';
import WebSocket from 'ws';
import { ClientError, connect } from '../../packages/client/src/index.ts';
import type { CloseEvent, MessageFrame, Session, SessionOptions } from '../../packages/client/src/index.ts';
import { ScriptedServer } from '../support/scripted-server.ts';
import { patience } from '../support/until.ts';

let server: ScriptedServer;
const sessions: Session[] = [];

beforeEach(async () => {
  server = await ScriptedServer.start();
});

afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
  server.close();
});

function open(options: Partial<SessionOptions> = {}): Session {
  const url = options.url ?? server.url;
  const session = connect({ WebSocket, user: 'a', backoff: { baseMs: 5, maxMs: 20 }, ...options, url });
  sessions.push(session);
  return session;
}

function next<K extends Parameters<Session['on']>[0]>(session: Session, event: K) {
  return new Promise<Parameters<Parameters<typeof session.on<K>>[1]>[0]>((resolve) => {
    const off = session.on(event, (payload) => {
      off();
      resolve(payload);
    });
  });
}

async function opened(options: Partial<SessionOptions> = {}) {
  const session = open(options);
  const peer = await server.accept();
  const hello = await peer.welcome();
  await session.ready;
  return { session, peer, hello };
}

const refusal = (id: unknown, code: string, temporary: boolean) => ({
  type: 'error',
  id,
  code,
  message: 'in words',
  temporary,
});

describe('a session', () => {
  it('says hello with who it is, and is ready once it is welcome', async () => {
    const { session, hello } = await opened({ username: 'Anna', device: 'phone', cursor: 'c7' });
    expect(hello).toEqual({ type: 'hello', user: 'a', username: 'Anna', device: 'phone', cursor: 'c7' });
    expect(session.state).toBe('open');
    await expect(session.ready).resolves.toMatchObject({ user: 'a', session: 's' });
  });

  it('asks for a fresh token at each connection', async () => {
    let count = 0;
    const token = (): Promise<string> => Promise.resolve(`t${count++}`);
    const session = connect({ WebSocket, url: server.url, token, backoff: { baseMs: 1 } });
    sessions.push(session);
    const first = await server.accept();
    expect(await first.welcome()).toEqual({ type: 'hello', token: 't0' });
    first.close(4000);
    expect(await (await server.accept()).next()).toMatchObject({ token: 't1' });
  });

  it('refuses what can never be a URL', () => {
    expect(() => connect({ WebSocket, url: 'nowhere', user: 'a' })).toThrow(TypeError);
  });

  it('sends with a UUIDv7 of its own, and resolves with the ack', async () => {
    const { session, peer } = await opened();
    const sent = session.send({ to: 'b', msg: 'hi' });
    const frame = await peer.next();
    expect(frame).toEqual({ type: 'send', id: expect.any(String) as string, to: 'b', msg: 'hi' });
    expect(validate(frame.id) && version(String(frame.id))).toBe(7);
    peer.ack(frame, 1);
    expect(await sent).toMatchObject({ seq: 1, message: 'dm~a~b:1', duplicate: false });
  });

  it('rejects a refusal with its code, for good', async () => {
    const { session, peer } = await opened();
    const sent = session.send({ to: 'nobody', msg: 'hi' });
    peer.send(refusal((await peer.next()).id, 'USER_NOT_FOUND', false));
    await expect(sent).rejects.toMatchObject({ code: 'USER_NOT_FOUND', temporary: false, message: 'in words' });
    await expect(sent).rejects.toBeInstanceOf(ClientError);
  });

  it('sends the same frame again after a temporary error', async () => {
    const { session, peer } = await opened();
    const sent = session.send({ conversation: 'dm~a~b', msg: 'hi' });
    const first = await peer.next();
    peer.send(refusal(first.id, 'STORE_UNAVAILABLE', true));
    const second = await peer.next();
    expect(second).toEqual(first);
    peer.ack(second, 1);
    expect((await sent).seq).toBe(1);
  });

  it('gives a temporary error back once the retries are used up', async () => {
    const { session, peer } = await opened({ retries: 2 });
    const sent = session.send({ to: 'b', msg: 'hi' });
    for (let i = 0; i < 3; i += 1) peer.send(refusal((await peer.next()).id, 'OVERLOADED', true));
    await expect(sent).rejects.toMatchObject({ code: 'OVERLOADED', temporary: true });
  });

  it('marks as read, and pings', async () => {
    const { session, peer } = await opened();
    const read = session.markRead('dm~a~b', 3);
    const frame = await peer.next();
    expect(frame).toMatchObject({ type: 'read', conversation: 'dm~a~b', seq: 3 });
    peer.send({ type: 'ack', id: frame.id, conversation: 'dm~a~b', seq: 3 });
    await read;
    const pong = session.ping();
    expect(await peer.next()).toEqual({ type: 'ping' });
    peer.send({ type: 'pong', serverTime: 42 });
    expect(await pong).toMatchObject({ serverTime: 42 });
  });

  it('tells that its user types', async () => {
    const { session, peer } = await opened();
    session.typing('dm~a~b', true);
    expect(await peer.next()).toEqual({ type: 'typing', conversation: 'dm~a~b', on: true });
  });
});

describe('a session whose connection ends', () => {
  it.each([4000, 4001, 4008, 4009, 1011, 1012])('comes back after close code %i', async (code) => {
    const { session, peer } = await opened();
    const closed = next(session, 'close');
    peer.close(code);
    expect(await closed).toMatchObject({ code, retryInMs: expect.any(Number) as number });
    await (await server.accept()).welcome();
    await next(session, 'open');
    expect(session.state).toBe('open');
  });

  it('comes back after a break, with the cursor of the last frame', async () => {
    const { session, peer } = await opened();
    peer.message(0, 'c1');
    await next(session, 'message');
    expect(session.cursor).toBe('c1');
    peer.cut();
    expect(await (await server.accept()).next()).toMatchObject({ cursor: 'c1' });
  });

  it.each([4500, 4501, 4999])('stays away after close code %i', async (code) => {
    const { session, peer } = await opened();
    const sent = session.send({ to: 'b', msg: 'hi' });
    const closed = next(session, 'close');
    peer.close(code, 'because');
    expect(await closed).toEqual({ code, reason: 'because', retryInMs: undefined });
    expect(session.state).toBe('closed');
    await expect(sent).rejects.toMatchObject({ code: code === 4501 ? 'NOT_AUTHENTICATED' : 'CLOSED' });
    await expect(session.send({ to: 'b', msg: 'hi' })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('is not ready, ever, where it is not let in', async () => {
    const session = open();
    const errors: string[] = [];
    session.on('error', (error) => errors.push(error.code));
    const peer = await server.accept();
    await peer.next();
    peer.send({ type: 'error', code: 'NOT_AUTHENTICATED', message: 'bad token', temporary: false });
    peer.close(4501);
    await expect(session.ready).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' });
    expect(errors).toEqual(['NOT_AUTHENTICATED']);
  });

  it('tries again where hello met a temporary error, and gives up where it was refused', async () => {
    const session = open();
    const first = await server.accept();
    await first.next();
    first.send({ type: 'error', code: 'STORE_UNAVAILABLE', message: 'later', temporary: true });
    const second = await server.accept();
    await second.next();
    second.send({ type: 'error', code: 'BAD_FRAME', message: 'user is missing', temporary: false });
    await expect(session.ready).rejects.toMatchObject({ code: 'BAD_FRAME' });
    expect(session.state).toBe('closed');
  });

  it('sends everything without an answer again, same ids, same order, and nothing else', async () => {
    const { session, peer } = await opened();
    const sends = ['one', 'two', 'three'].map((msg) => session.send({ to: 'b', msg }));
    const frames = [await peer.next(), await peer.next(), await peer.next()];
    peer.ack(frames[1]!, 2);
    await sends[1];
    peer.cut();
    const again = await server.accept();
    await again.welcome();
    expect([await again.next(), await again.next()]).toEqual([frames[0], frames[2]]);
    again.ack(frames[0]!, 1);
    again.ack(frames[2]!, 3);
    expect((await Promise.all(sends)).map((ack) => ack.seq)).toEqual([1, 2, 3]);
    session.typing('dm~a~b', true);
    expect(await again.next()).toMatchObject({ type: 'typing' });
  });

  it('sends what was written while there was no connection', async () => {
    const session = open();
    const sent = session.send({ to: 'b', msg: 'early' });
    const peer = await server.accept();
    await peer.welcome();
    peer.ack(await peer.next(), 1);
    expect((await sent).seq).toBe(1);
  });

  it('delivers each event once, in order, whatever is replayed', async () => {
    const { session, peer } = await opened();
    const got: number[] = [];
    session.on('message', (message: MessageFrame) => got.push(message.revision));
    session.on('read', (read) => got.push(read.revision));
    [0, 1, 1].forEach((revision) => peer.message(revision, `c${revision}`));
    peer.cut();
    const again = await server.accept();
    await again.welcome({ recovered: true });
    [0, 1, 2].forEach((revision) => again.message(revision, `c${revision}`));
    const read = { conversation: 'dm~a~b', reader: 'b', seq: 3, readDate: 1 };
    again.send({ type: 'read', ...read, revision: 3, cursor: 'c3' });
    again.send({ type: 'read', ...read, revision: 3, cursor: 'c3' });
    again.message(4, 'c4');
    await vi.waitFor(() => expect(got).toEqual([0, 1, 2, 3, 4]), { timeout: patience });
    expect(session.cursor).toBe('c4');
  });

  it('does not take the cursor of a welcome that promises what is still to come', async () => {
    const { session, peer } = await opened({ cursor: 'c5' });
    expect(session.cursor).toBe('c0');
    peer.message(0, 'c6');
    await next(session, 'message');
    peer.cut();
    const again = await server.accept();
    await again.welcome({ recovered: true, cursor: 'c9' });
    await next(session, 'open');
    again.cut();
    expect(await (await server.accept()).next()).toMatchObject({ cursor: 'c6' });
  });

  it('gives up a connection that went silent', async () => {
    const { session, peer } = await opened({ heartbeatMs: 15 });
    const closed = next(session, 'close');
    expect(await peer.next()).toEqual({ type: 'ping' });
    expect(await closed).toMatchObject({ code: 1006, reason: 'the server went silent' });
    await (await server.accept()).welcome();
  });

  it('gives up a connection that is never welcome, and says nothing before it is', async () => {
    const session = open({ heartbeatMs: 15 });
    const peer = await server.accept();
    expect(await next(session, 'close')).toMatchObject({ code: 1006 });
    expect(await peer.next()).toMatchObject({ type: 'hello' });
    expect(peer.unread).toBe(0);
  });

  it('waits longer after each failure, up to a limit, never in step with others', async () => {
    const { url } = server;
    server.close();
    const session = open({ url, backoff: { baseMs: 8, maxMs: 20, random: () => 0.5 } });
    const delays: unknown[] = [];
    await new Promise<void>((resolve) => {
      session.on('close', ({ retryInMs }: CloseEvent) => {
        if (delays.push(retryInMs) === 4) resolve();
      });
    });
    expect(delays).toEqual([4, 8, 10, 10]);
  });
});

describe('a session and a server that talks nonsense', () => {
  it.each([
    ['no JSON', '{'],
    ['no object', '[1]'],
    ['no type', '{"id":"x"}'],
    ['a field missing', '{"type":"message","id":"x"}'],
    ['a field of the wrong kind', '{"type":"pong","serverTime":"noon"}'],
    ['a send ack without its place', '{"type":"ack","id":"x","message":"y"}'],
    ['bytes', Buffer.from([1, 2, 3])],
  ])('reports %s and goes on', async (_, data) => {
    const { session, peer } = await opened();
    const error = next(session, 'error');
    const message = next(session, 'message');
    peer.sendRaw(data);
    peer.message(0, 'c1');
    expect(await error).toMatchObject({ code: 'BAD_SERVER_FRAME' });
    expect(await message).toMatchObject({ seq: 1 });
  });

  it('leaves frames of a later kind aside', async () => {
    const { session, peer } = await opened();
    const errors: unknown[] = [];
    session.on('error', (error) => errors.push(error));
    peer.send({ type: 'reaction', cursor: 'c1' });
    peer.send({ type: 'reset', conversations: ['dm~a~b'] });
    peer.send({ type: 'ack', id: 'of nobody', conversation: 'dm~a~b', seq: 1 });
    peer.message(0, 'c2');
    await next(session, 'message');
    expect(errors).toEqual([]);
  });
});

describe('the bounds of a session', () => {
  it('keeps so many frames and no more', async () => {
    const session = open({ capacity: 2 });
    const kept = [session.send({ to: 'b', msg: '1' }), session.send({ to: 'b', msg: '2' })];
    await expect(session.send({ to: 'b', msg: '3' })).rejects.toMatchObject({ code: 'QUEUE_FULL', temporary: true });
    session.close();
    for (const sent of kept) await expect(sent).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('refuses what is over 64 KiB as a frame, which would end the connection, and stays open', async () => {
    const { session, peer } = await opened();
    const longest = 65_536 - JSON.stringify({ to: 'b', msg: '', id: 'x', type: 'send' }).length;
    for (const msg of ['x'.repeat(longest + 1), '水'.repeat(longest / 3 + 1), 'x'.repeat(2_000_000)]) {
      const refused = session.send({ to: 'b', id: 'x', msg });
      await expect(refused).rejects.toMatchObject({ code: 'BAD_FRAME', temporary: false });
    }
    const sent = session.send({ to: 'b', id: 'x', msg: 'x'.repeat(longest) });
    peer.ack(await peer.next(), 1);
    expect(await sent).toMatchObject({ seq: 1 });
    expect(session.state).toBe('open');
  });

  it('has so many unanswered on the wire and no more', async () => {
    const { session, peer } = await opened({ window: 2 });
    const sends = ['1', '2', '3'].map((msg) => session.send({ to: 'b', msg }));
    const [first] = [await peer.next(), await peer.next()];
    const pong = session.ping();
    expect(await peer.next()).toEqual({ type: 'ping' });
    peer.send({ type: 'pong', serverTime: 1 });
    await pong;
    peer.ack(first, 1);
    expect(await peer.next()).toMatchObject({ msg: '3' });
    session.close();
    await expect(Promise.all(sends.slice(1))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('takes the same frame under the same id as one call, and another frame as a conflict', async () => {
    const { session, peer } = await opened();
    const sends = [1, 2].map(() => session.send({ id: 'x', to: 'b', msg: 'same' }));
    await expect(session.send({ id: 'x', to: 'b', msg: 'other' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    peer.ack(await peer.next(), 1);
    expect((await Promise.all(sends)).map((ack) => ack.seq)).toEqual([1, 1]);
    expect(peer.unread).toBe(0);
  });

  it('leaves nothing behind when closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
    try {
      const { session, peer } = await opened({ backoff: { baseMs: 1_000_000, maxMs: 1_000_000, random: () => 0.9 } });
      const lost = session.send({ to: 'b', msg: 'retried' });
      peer.send(refusal((await peer.next()).id, 'OVERLOADED', true));
      peer.message(0, 'c1');
      await next(session, 'message');
      const pong = session.ping();
      expect(vi.getTimerCount()).toBe(2);
      session.close();
      session.close();
      await expect(lost).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(pong).rejects.toMatchObject({ code: 'DISCONNECTED' });
      expect(await peer.closed).toBe(1000);
      while (vi.getTimerCount() > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(session.state).toBe('closed');
    } finally {
      vi.useRealTimers();
    }
  });
});
