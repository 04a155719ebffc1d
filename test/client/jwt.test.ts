import { SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { createClient } from '../../packages/client/src/index.ts';
import type { Client, TokenFunction } from '../../packages/client/src/index.ts';
import { newUser, sharedServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const secret = 'a secret of at least thirty-two bytes';
const server = sharedServer({ AUTH: 'jwt', JWT_SECRET: secret });
const clients: Client[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

/** A token that ends so many seconds from now. */
function tokenOf(user: string, seconds: number): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(exp)
    .sign(Buffer.from(secret));
}

async function registered(): Promise<string> {
  const user = newUser();
  const token = await tokenOf(user, 600);
  const { status } = await server().rest('POST', '/v1/users', { token, body: { id: user, username: user } });
  expect(status).toBe(201);
  return user;
}

function clientOf(token: string | TokenFunction): Client {
  const client = createClient({ url: server().sockets, restUrl: server().api, WebSocket, token, random: () => 0.02 });
  clients.push(client);
  client.connect();
  return client;
}

test('a token that is over is asked for once more, and the client is in', async () => {
  const [user, peer] = [await registered(), await registered()];
  const asks: boolean[] = [];
  const client = clientOf(({ refresh }) => {
    asks.push(refresh);
    return tokenOf(user, refresh ? 600 : -600);
  });
  expect(await client.send({ to: peer, msg: 'hi' })).toMatchObject({ seq: 1, from: { id: user } });
  expect(asks).toEqual([false, true]);
  expect(client.user).toBe(user);
});

test('without a token that is good the client is unauthorized, and goes on with one', async () => {
  const [user, peer] = [await registered(), await registered()];
  const client = clientOf('no token at all');
  await until(() => client.connection.get().state === 'unauthorized', 'it is not let in');
  const sent = client.send({ to: peer, msg: 'kept' });
  client.setToken(await tokenOf(user, 600));
  expect(await sent).toMatchObject({ seq: 1, msg: 'kept' });
});

test('a new token goes to the live socket', async () => {
  const [user, peer] = [await registered(), await registered()];
  const client = clientOf(await tokenOf(user, 600));
  await client.send({ to: peer, msg: 'one' });
  client.setToken(await tokenOf(user, 1_200));
  expect(await client.send({ to: peer, msg: 'two' })).toMatchObject({ seq: 2 });
  expect(client.stats).toEqual({ gaps: 0, connections: 1 });
});
