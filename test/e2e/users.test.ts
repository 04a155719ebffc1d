import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { comeBack } from '../support/come-back.ts';
import { newUser, ownFolder, sharedServer, spawnServer, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf, enter, newId, openSocket } from '../support/socket.ts';
import { runProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

describe('users', () => {
  const server = sharedServer();

  async function two(): Promise<readonly [string, string]> {
    const [a, b] = [newUser('a'), newUser('b')];
    await server().register(a, b);
    return [a, b];
  }

  test('change their own name and picture, which friend lists show', async () => {
    const [a, b] = await two();
    const alice = await enter(server(), a);
    await alice.say(b, 'hello');
    const changed = await server().rest('PATCH', `/v1/users/${a}`, { as: a, body: { username: 'Jose\u0301' } });
    expect(changed).toMatchObject({ status: 200, body: { id: a, username: 'Jos\u00e9', avatar: null } });
    const position = changed.headers.get('weiliao-position')!;
    const shown = await server().rest('GET', '/v1/conversations', {
      as: b,
      headers: { 'Weiliao-Min-Position': position },
    });
    expect(shown.body).toMatchObject({ items: [{ peer: { id: a, username: 'Jos\u00e9' } }] });
    await server().rest('PATCH', `/v1/users/${a}`, { as: a, body: { avatar: '/a.png' } });
    expect(await server().get(`/v1/users/${a}`)).toEqual({ id: a, username: 'Jos\u00e9', avatar: '/a.png' });
    const sent = await enter(server(), b);
    await alice.say(b, 'again');
    expect((await sent.next('message')).from).toEqual({ id: a, username: 'Jos\u00e9' });
  });

  test('change nobody else, and nothing into what is no name', async () => {
    const [a, b] = await two();
    const other = await server().rest('PATCH', `/v1/users/${b}`, { as: a, body: { username: 'x' } });
    expect(other).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    for (const body of [{}, { username: ' ' }, { avatar: 'http://x' }, { username: null }]) {
      const answer = await server().rest('PATCH', `/v1/users/${a}`, { as: a, body });
      expect(answer, JSON.stringify(body)).toMatchObject({ status: 400, body: { code: 'BAD_FRAME' } });
    }
    const nobody = newUser();
    const unknown = await server().rest('PATCH', `/v1/users/${nobody}`, { as: nobody, body: { username: 'x' } });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'USER_NOT_FOUND' } });
  });

  test('who block somebody neither hear of them nor write to them, until they take it back', async () => {
    const [a, b] = await two();
    const [alice, bob] = [await enter(server(), a), await enter(server(), b)];
    const { conversation } = await alice.say(b, 'before', 'first');
    expect(await server().rest('PUT', `/v1/blocks/${a}`, { as: b })).toMatchObject({ status: 204, text: '' });
    expect(await server().rest('PUT', `/v1/blocks/${a}`, { as: b })).toMatchObject({ status: 204 });
    expect(await server().get('/v1/blocks', b)).toEqual({ items: [{ user: a, since: expect.any(Number) as number }] });
    expect(await server().get('/v1/blocks', a)).toEqual({ items: [] });
    for (const [from, to] of [
      [alice, b],
      [bob, a],
    ] as const) {
      const id = newId();
      from.send({ type: 'send', id, to, msg: 'during' });
      expect(await from.refusal(id)).toMatchObject({ code: 'BLOCKED', temporary: false });
    }
    const again = newId();
    alice.send({ type: 'send', id: again, conversation, msg: 'during' });
    expect(await alice.refusal(again)).toMatchObject({ code: 'BLOCKED' });
    const rest = await server().rest('POST', '/v1/messages', { as: a, body: { id: newId(), to: b, msg: 'm' } });
    expect(rest).toMatchObject({ status: 403, body: { code: 'BLOCKED' } });
    // What was sent before is answered as before.
    expect(await alice.say(b, 'before', 'first')).toMatchObject({ seq: 1, duplicate: true });
    expect((await server().rest('DELETE', `/v1/blocks/${a}`, { as: b })).status).toBe(204);
    expect(await alice.say(b, 'after')).toMatchObject({ seq: 2 });
    expect(await server().get(`/v1/conversations/${conversationOf(a, b)}/messages`, a)).toMatchObject({ lastSeq: 2 });
  });

  test('go on from the position of any answer about blocks, also where nothing changed', async () => {
    const [a, b] = await two();
    await (await enter(server(), a)).say(b, 'before');
    for (const method of ['PUT', 'PUT', 'GET'] as const) {
      const answer = await server().rest(method, method === 'GET' ? '/v1/blocks' : `/v1/blocks/${a}`, { as: b });
      const back = await comeBack(server(), b, answer.headers.get('weiliao-position')!);
      expect(back).toMatchObject({ recovered: true, missed: [] });
      back.chat.cut();
    }
  });

  test('block neither themselves nor whom there is not', async () => {
    const [a] = await two();
    expect((await server().rest('PUT', `/v1/blocks/${a}`, { as: a })).status).toBe(400);
    expect((await server().rest('PUT', `/v1/blocks/${newUser()}`, { as: a })).status).toBe(404);
    expect((await server().rest('DELETE', `/v1/blocks/${newUser()}`, { as: a })).status).toBe(204);
    expect((await server().rest('GET', '/v1/blocks')).status).toBe(401);
  });

  test('are as they were after a restart and a rebuild', async () => {
    const folder = ownFolder();
    const first = await startServer({}, folder);
    await first.register('a', 'b');
    await first.rest('PATCH', '/v1/users/a', { as: 'a', body: { username: 'Ada', avatar: '/a.png' } });
    await first.rest('PUT', '/v1/blocks/b', { as: 'a' });
    await first.stop();
    expect((await runProgram(['rebuild'], { DATA_DIR: folder })).stdout).toContain('equal');
    expect((await runProgram(['verify'], { DATA_DIR: folder })).code).toBe(0);
    const second = await startServer({}, folder);
    expect(await second.get('/v1/users/a')).toEqual({ id: 'a', username: 'Ada', avatar: '/a.png' });
    expect(await second.get('/v1/blocks', 'a')).toMatchObject({ items: [{ user: 'b' }] });
  });
});

const secret = 'a secret of thirty-two bytes, or more';

function tokenOf(sub: string, issuedAgo = 0, claims = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ sub, iat: now - issuedAgo, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
}

async function hello(server: Server, token: string) {
  const socket = await openSocket(server);
  socket.send({ type: 'hello', token });
  return socket;
}

describe('an operator ends the sessions of a user', () => {
  const env = { AUTH: 'jwt', JWT_SECRET: secret, OPS_PORT: '0' };

  test('while the server runs: sockets are closed, tokens made before are refused, later ones are not', async () => {
    const server = await startServer(env);
    const [old, other] = [await tokenOf('a', 30), await tokenOf('b', 30)];
    for (const [id, token] of [
      ['a', old],
      ['b', other],
    ] as const) {
      await server.rest('POST', '/v1/users', { token, body: { id, username: id } });
    }
    const [alice, bob] = [await hello(server, old), await hello(server, other)];
    await Promise.all([alice.next('welcome'), bob.next('welcome')]);
    const ended = await runProgram(['sessions', 'end', 'a'], {
      DATA_DIR: server.dataDir,
      OPS_PORT: String(server.opsPort),
    });
    expect(ended).toMatchObject({ code: 0, stdout: 'the sessions of a are ended\n' });
    expect(await alice.closeCode()).toBe(4501);
    await bob.settled();
    const refused = await server.rest('GET', '/v1/conversations', { token: old });
    expect(refused).toMatchObject({ status: 401, body: { code: 'NOT_AUTHENTICATED' } });
    const again = await hello(server, old);
    expect(await again.closeCode()).toBe(4501);
    // The end counts in milliseconds, tokens in seconds.
    const fresh = await tokenOf('a', -2);
    await until(
      async () => (await server.rest('GET', '/v1/conversations', { token: fresh })).status === 200,
      'it is good',
    );
  });

  test('while no server runs, and it holds at the next start', async () => {
    const folder = ownFolder();
    const first = await startServer(env, folder);
    const old = await tokenOf('a', 30);
    await first.rest('POST', '/v1/users', { token: old, body: { id: 'a', username: 'a' } });
    await first.stop();
    expect(await runProgram(['sessions', 'end', 'a'], { DATA_DIR: folder })).toMatchObject({ code: 0 });
    const second = await startServer(env, folder);
    expect((await second.rest('GET', '/v1/conversations', { token: old })).status).toBe(401);
  });

  test('only of a user there is, and not beside a server that it cannot ask', async () => {
    const server = await startServer({ ...env, OPS_PORT: '' });
    const refused = await runProgram(['sessions', 'end', 'nobody'], { DATA_DIR: server.dataDir });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('OPS_PORT');
    await server.stop();
    const nobody = await runProgram(['sessions', 'end', 'nobody'], { DATA_DIR: server.dataDir });
    expect(nobody).toMatchObject({ code: 3, stderr: 'weiliao: user nobody is not registered\n' });
    const wrong = await runProgram(['sessions', 'end', 'no body'], { DATA_DIR: server.dataDir });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('It is no user id.');
  });

  test('and no public listener does', async () => {
    const server = spawnServer(env);
    await server.ready();
    const token = await tokenOf('a');
    expect((await server.rest('DELETE', '/v1/users/a/sessions', { token })).status).toBe(404);
  });
});

test('JWT_NAME_CLAIM names users, and changes them when the token does', async () => {
  const server = await startServer({ AUTH: 'jwt', JWT_SECRET: secret, JWT_NAME_CLAIM: 'name' });
  const first = await hello(server, await tokenOf('a', 0, { name: 'Ada' }));
  await first.next('welcome');
  const token = await tokenOf('a', 0, { name: 'Ada Lovelace' });
  const ask = () => server.rest('GET', '/v1/users/a', { token });
  expect((await ask()).body).toMatchObject({ username: 'Ada' });
  const second = await hello(server, token);
  await second.next('welcome');
  await until(
    async () => ((await ask()).body as { username: string }).username === 'Ada Lovelace',
    'the name is shown',
  );
});
