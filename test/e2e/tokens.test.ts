import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { knockForSocket, overHttpPort } from '../support/knock.ts';
import { newUser, sharedServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { newId, openSocket } from '../support/socket.ts';
import type { Chat, Frame, MessageFrame } from '../support/socket.ts';
import { until } from '../support/until.ts';

const secret = 'a secret of thirty-two bytes, or more';
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** A token for a minute, where its payload does not say otherwise. */
function sign(payload: JWTPayload): Promise<string> {
  const made = new SignJWT({ exp: inSeconds(60), ...payload }).setProtectedHeader({ alg: 'HS256' });
  return made.sign(new TextEncoder().encode(secret));
}

async function enterWith(server: Server, payload: JWTPayload): Promise<Chat> {
  const socket = await openSocket(server);
  socket.send({ type: 'hello', token: await sign(payload) });
  await socket.next('welcome');
  return socket;
}

const server = sharedServer({
  AUTH: 'jwt',
  JWT_SECRET: secret,
  JWT_AUDIENCE: 'chat',
  JWT_NAME_CLAIM: 'name',
  RATE_LIMIT: '0',
  MAX_IN_FLIGHT_PER_USER: '0',
  JWT_ISSUER: 'https://id.example',
});
const ours = { aud: 'chat', iss: 'https://id.example' };
const ports: [string, () => Server][] = [
  ['WS_PORT', server],
  ['HTTP_PORT', () => overHttpPort(server())],
];

describe.each(ports)('a socket of %s', (_name, there) => {
  test('is closed with 4501 when its token ends', async () => {
    const socket = await enterWith(there(), { ...ours, sub: newUser(), exp: inSeconds(2) });
    await socket.settled();
    expect((await socket.closed).code).toBe(4501);
    expect((await socket.closed).reason).toBe('the token ended');
  });

  test('goes on with a newer token of the same user, to that one’s end', async () => {
    const sub = newUser();
    const first = inSeconds(3);
    const socket = await enterWith(there(), { ...ours, sub, exp: first });
    socket.send({ type: 'hello', token: await sign({ ...ours, sub, exp: first + 3 }) });
    expect(await socket.next('welcome')).toMatchObject({ user: sub, recovered: true });
    await until(() => Date.now() > first * 1_000 + 600, 'the first token has ended', { everyMs: 50 });
    await socket.settled();
    expect(await socket.closeCode()).toBe(4501);
    expect(Date.now()).toBeGreaterThanOrEqual((first + 3) * 1_000);
  });

  test('with a newer token amid what it missed, may go on from the cursor that this welcome gives', async () => {
    const [sub, other] = [newUser(), newUser()];
    const socket = await enterWith(there(), { ...ours, sub, name: sub });
    const { cursor } = await socket.next('live');
    socket.cut();
    const writer = await enterWith(there(), { ...ours, sub: other, name: other });
    const ids = Array.from({ length: 900 }, () => newId());
    for (const id of ids) writer.send({ type: 'send', id, to: sub, msg: id });
    for (const id of ids) await writer.ack(id);

    const token = await sign({ ...ours, sub });
    const amid = await openSocket(there());
    amid.send({ type: 'hello', token, cursor });
    amid.send({ type: 'hello', token });
    await amid.next('welcome');
    const got: string[] = [];
    let place: Frame | undefined;
    while (place?.type !== 'welcome') {
      place = await amid.take<Frame>(({ type }) => type === 'message' || type === 'welcome', 'a frame');
      if (place.type === 'message') got.push(place.msg);
    }
    expect(got.length).toBeLessThan(ids.length);
    amid.cut();

    const back = await openSocket(there());
    back.send({ type: 'hello', token, cursor: place.cursor });
    await back.next('live');
    const rest = back.messages.map(({ msg }: MessageFrame) => msg);
    expect(new Set([...got, ...rest])).toEqual(new Set(ids));
  });

  test('does not go on with a token of another user', async () => {
    const socket = await enterWith(there(), { ...ours, sub: newUser() });
    socket.send({ type: 'hello', token: await sign({ ...ours, sub: newUser() }) });
    expect(await socket.next('error')).toMatchObject({ code: 'NOT_AUTHENTICATED', temporary: false });
    expect(await socket.closeCode()).toBe(4501);
  });

  test('does not go on with a bad token', async () => {
    const socket = await enterWith(there(), { ...ours, sub: newUser() });
    socket.send({ type: 'hello', token: await sign({ ...ours, sub: newUser(), exp: inSeconds(-60) }) });
    expect((await socket.next('error')).code).toBe('NOT_AUTHENTICATED');
    expect(await socket.closeCode()).toBe(4501);
  });

  test('takes ten newer tokens a minute, then says RATE_LIMITED and lives on', async () => {
    const sub = newUser();
    const socket = await enterWith(there(), { ...ours, sub });
    const token = await sign({ ...ours, sub });
    for (let count = 0; count < 10; count += 1) {
      socket.send({ type: 'hello', token });
      await socket.next('welcome');
    }
    socket.send({ type: 'hello', token });
    expect(await socket.next('error')).toMatchObject({ code: 'RATE_LIMITED', temporary: true });
    await socket.settled();
  });
});

test.each<[string, JWTPayload]>([
  ['for nobody', { iss: ours.iss }],
  ['for another service', { ...ours, aud: 'other' }],
  ['of another issuer', { ...ours, iss: 'https://evil.example' }],
  ['of no issuer', { aud: 'chat' }],
])('a token %s is refused, over REST and on a socket', async (_what, payload) => {
  const token = await sign({ sub: 'alice', ...payload });
  expect((await server().rest('GET', '/v1/conversations', { token })).status).toBe(401);
  const socket = await openSocket(server());
  socket.send({ type: 'hello', token });
  expect((await socket.next('error')).code).toBe('NOT_AUTHENTICATED');
  expect(await socket.closeCode()).toBe(4501);
});

test('a token for several services is good over REST', async () => {
  const token = await sign({ sub: 'alice', iss: ours.iss, aud: ['web', 'chat'] });
  expect((await server().rest('GET', '/v1/conversations', { token })).status).toBe(200);
});

test('who is turned away is told to the operator with the reason and the address, not with the token', async () => {
  const token = await sign({ sub: 'alice', ...ours, aud: 'mine only' });
  await server().rest('GET', '/v1/conversations', { token });
  const line = () => server().log.find(({ msg, reason }) => msg === 'turned away' && String(reason).includes('aud'));
  await until(() => line() !== undefined, 'the log tells of it');
  expect(line()).toMatchObject({ level: 'info', component: 'door', address: '127.0.0.1' });
  expect(JSON.stringify(server().log)).not.toContain(token);
});

describe('AUTH=proxy', () => {
  const behind = sharedServer({ AUTH: 'proxy', USER_HEADER: 'X-Auth-User' });
  const as = (user: string) => ({ headers: { 'X-Auth-User': user } });

  async function enterAs(there: Server, user: string, hello: object = {}): Promise<Chat> {
    const socket = await openSocket(there, '/v1/ws', { 'X-Auth-User': user });
    socket.send({ type: 'hello', ...hello });
    return socket;
  }

  test('takes the user from the header, over REST and on both ports of sockets', async () => {
    const [a, b] = [newUser('a'), newUser('b')];
    const registered = await behind().rest('POST', '/v1/users', { ...as(b), body: { id: b, username: 'Bob' } });
    expect(registered.status).toBe(201);
    const alice = await enterAs(behind(), a);
    expect(await alice.next('welcome')).toMatchObject({ user: a });
    const bob = await enterAs(overHttpPort(behind()), b, { user: b });
    expect(await bob.next('welcome')).toMatchObject({ user: b });
    await alice.say(b, 'hello');
    expect((await bob.next('message')).from.id).toBe(a);
    // The projector may be behind by more than a query waits for it.
    await until(async () => {
      const { status, body } = await behind().rest('GET', '/v1/conversations', as(b));
      expect(status).toBe(200);
      const { items } = body as { items: readonly { peer: { id: string } }[] };
      return items.map(({ peer }) => peer.id).join() === a;
    }, 'the conversation is listed');
  });

  test('does not let hello name another user', async () => {
    const socket = await enterAs(behind(), newUser(), { user: newUser() });
    expect(await socket.next('error')).toMatchObject({ code: 'NOT_AUTHENTICATED' });
    expect(await socket.closeCode()).toBe(4501);
  });

  test('refuses who comes without the header, or with one that is no user', async () => {
    for (const headers of [{}, { 'X-User-Id': 'alice' }, { 'X-Auth-User': 'a b' }, { 'X-Auth-User': '' }]) {
      for (const path of ['/v1/conversations', '/v1/users/alice']) {
        const { status, body } = await behind().rest('GET', path, { headers });
        expect([status, body]).toMatchObject([401, { code: 'NOT_AUTHENTICATED' }]);
      }
      for (const port of [behind().wsPort, behind().httpPort]) {
        expect((await knockForSocket(port, '/v1/ws', headers)).status).toBe(401);
      }
    }
  });

  test('lets users register themselves, and nobody else', async () => {
    const id = newUser();
    const other = await behind().rest('POST', '/v1/users', { ...as(newUser()), body: { id, username: 'x' } });
    expect(other).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await behind().rest('GET', `/v1/users/${id}`, as(id))).status).toBe(404);
  });

  test('does not serve the original system', async () => {
    expect((await behind().rest('GET', '/user?fromId=1', as('1'))).status).toBe(404);
    for (const port of [behind().wsPort, behind().httpPort]) {
      expect((await knockForSocket(port, '/ws/1001', as('1001').headers)).status).toBe(404);
    }
  });
});
