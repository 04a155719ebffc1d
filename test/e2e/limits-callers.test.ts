import { expect, test } from 'vitest';
import { knockForSocket, overHttpPort, refusalsOf } from '../support/knock.ts';
import { newUser, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { enter, openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

/** Statuses of so many requests for sockets, one after the other, on both ports in turn. */
async function statuses(server: Server, count: number, headers: Readonly<Record<string, string>> = {}) {
  const answers = [];
  for (let index = 0; index < count; index += 1) {
    const port = index % 2 === 0 ? server.wsPort : server.httpPort;
    answers.push(await knockForSocket(port, '/v1/ws', headers));
  }
  return answers.map(({ status }) => status);
}

test('a gateway takes MAX_SOCKETS, of both ports together, then answers 503; one that leaves makes room', async () => {
  const server = await startServer({ MAX_SOCKETS: '2' });
  const [first] = [await openSocket(server), await openSocket(overHttpPort(server))];
  for (const port of [server.wsPort, server.httpPort]) {
    const refused = await knockForSocket(port, '/v1/ws');
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(refused.body).toMatchObject({ status: 503, title: 'Service Unavailable' });
  }
  expect(await refusalsOf(server, 'sockets')).toBe(2);
  first.raw.close();
  await until(async () => (await statuses(server, 1))[0] === 101, 'there is room again');
});

test('an address has MAX_SOCKETS_PER_ADDRESS, then is told 429', async () => {
  const server = await startServer({ MAX_SOCKETS_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' });
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  await openSocket(server, '/v1/ws', from('198.51.100.1'));
  await openSocket(overHttpPort(server), '/v1/ws', from('9.9.9.9, 198.51.100.1'));
  const refused = await knockForSocket(server.wsPort, '/v1/ws', from('8.8.8.8, 198.51.100.1'));
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  expect(refused.body).toMatchObject({ status: 429, title: 'Too Many Requests' });
  expect(await statuses(server, 2, from('198.51.100.2'))).toEqual([101, 101]);
  expect(await refusalsOf(server, 'sockets of an address')).toBe(1);
  const line = server.log.find(({ msg }) => msg === 'turned away');
  expect(line).toMatchObject({ reason: 'sockets of an address', address: '198.51.100.1' });
});

test('without TRUST_PROXY nobody has another address by saying so', async () => {
  const server = await startServer({ MAX_SOCKETS_PER_ADDRESS: '1' });
  await openSocket(server, '/v1/ws', { 'X-Forwarded-For': '198.51.100.1' });
  expect(await statuses(server, 2, { 'X-Forwarded-For': '198.51.100.2' })).toEqual([429, 429]);
});

test('a user has MAX_SOCKETS_PER_USER, then is told RATE_LIMITED, and others are not', async () => {
  const server = await startServer({ MAX_SOCKETS_PER_USER: '2' });
  const [first] = [await enter(server, 'alice'), await enter(overHttpPort(server), 'alice')];
  const third = await openSocket(server);
  third.send({ type: 'hello', user: 'alice' });
  expect(await third.next('error')).toMatchObject({ code: 'RATE_LIMITED', temporary: true });
  await enter(server, 'bob');
  expect(await refusalsOf(server, 'too many sockets of this user')).toBe(1);
  first.raw.close();
  await first.closed;
  await until(async () => {
    third.send({ type: 'hello', user: 'alice' });
    return (await third.take(({ type }) => type === 'welcome' || type === 'error', 'an answer')).type === 'welcome';
  }, 'there is room again');
});

test('an address has HELLO_RATE sockets a second, then is told 429 and when to come back', async () => {
  const server = await startServer({ HELLO_RATE: '3' });
  const told = await Promise.all(Array.from({ length: 12 }, () => knockForSocket(server.wsPort, '/v1/ws')));
  const refused = told.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(told.filter(({ status }) => status === 101).length).toBeGreaterThanOrEqual(3);
  expect(refused[0]!.headers['retry-after']).toBe('1');
  expect(await refusalsOf(server, 'sockets a second')).toBe(refused.length);
  await until(async () => (await statuses(server, 1))[0] === 101, 'there is room again');
});

test('an address has HELLO_RATE registrations a second, then is told RATE_LIMITED', async () => {
  const server = await startServer({ HELLO_RATE: '3' });
  const register = () => server.rest('POST', '/v1/users', { body: { id: newUser(), username: 'x' } });
  const told = await Promise.all(Array.from({ length: 12 }, register));
  const refused = told.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(told.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(3);
  expect(refused[0]!.body).toMatchObject({ code: 'RATE_LIMITED' });
  expect(refused[0]!.headers.get('retry-after')).toBe('1');
  expect(await refusalsOf(server, 'too many registrations from this address')).toBe(refused.length);
});

test('a caller has LOOKUP_RATE look-ups of what is not there, others go on, and so do those who look after it', async () => {
  const server = await startServer({ LOOKUP_RATE: '3' });
  await server.register('alice');
  const look = (as: string) => server.rest('GET', '/v1/messages/dm~x~y:1', { as });
  const told = await Promise.all(Array.from({ length: 30 }, () => look('eve')));
  expect(told.some(({ status }) => status === 404)).toBe(true);
  await until(async () => (await look('eve')).status === 429, 'it is too much');
  const refused = await look('eve');
  if (refused.status === 429) {
    expect(refused.body).toMatchObject({ code: 'RATE_LIMITED' });
    expect(refused.headers.get('retry-after')).toBe('1');
  }
  expect((await look('alice')).status).toBe(404);
  expect(await refusalsOf(server, 'too many look-ups of what is not there')).toBeGreaterThan(0);
  // Nobody in particular: they count by address.
  const nobody = () => server.rest('GET', '/v1/users/nobody');
  await until(async () => (await Promise.all([1, 2, 3, 4, 5].map(nobody))).at(-1)!.status === 429, 'it is too much');
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await server.rest('GET', path)).status).toBe(200);
  await until(async () => (await server.rest('GET', '/v1/users/alice')).status === 200, 'it is forgotten');
});

test('a socket that is refused more than REFUSAL_RATE times is closed, one that keeps below is not', async () => {
  const server = await startServer({ REFUSAL_RATE: '5' });
  const [patient, rude] = [await enter(server, 'alice'), await enter(server, 'eve')];
  for (let count = 0; count < 5; count += 1) patient.send({ type: 'send', id: `p${count}`, to: 'nobody', msg: 'm' });
  for (let count = 0; count < 5; count += 1) expect((await patient.refusal(`p${count}`)).code).toBe('USER_NOT_FOUND');
  for (let count = 0; count < 20; count += 1) rude.send({ type: 'send', id: `r${count}`, to: 'nobody', msg: 'm' });
  expect(await rude.closeCode()).toBe(4500);
  await patient.settled();
  expect(await refusalsOf(server, 'refused again and again')).toBe(1);
});

test('a socket is not closed for trouble that is not its own', async () => {
  const server = await startServer({ REFUSAL_RATE: '1', MAX_IN_FLIGHT: '1' });
  const [alice] = [await enter(server, 'alice'), await enter(server, 'bob')];
  const ids = Array.from({ length: 30 }, (_, index) => `m${index}`);
  for (const id of ids) alice.send({ type: 'send', id, to: 'bob', msg: 'm' });
  const answers = [];
  for (const id of ids) answers.push(await alice.answer(id));
  const codes = answers.map((answer) => (answer.type === 'error' ? answer.code : 'ack'));
  expect(new Set(codes)).toEqual(new Set(['ack', 'OVERLOADED']));
  await alice.settled();
});
