import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { program } from '../support/loader.ts';
import { newUser, ownFolder, sharedServer, startServer } from '../support/server.ts';
import type { LogLine, Server } from '../support/server.ts';
import { conversationOf, enter, openSocket } from '../support/socket.ts';
import { until, within } from '../support/until.ts';

/** A connection that keeps what it hears; gone with the test. */
function dial(port: number): { socket: Socket; heard: () => string; closed: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (part) => (text += part.toString()));
  onTestFinished(() => void socket.destroy());
  return { socket, heard: () => text, closed: new Promise((resolve) => socket.once('close', resolve)) };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-User-Id: alice\r\n\r\n`;
const answersIn = (text: string): number => text.split('HTTP/1.1 ').length - 1;

describe('requests on one connection', () => {
  const server = sharedServer();

  test('may be sixteen at once', async () => {
    const { socket, heard } = dial(server().httpPort);
    socket.write(get('/healthz').repeat(16));
    await until(() => answersIn(heard()) === 16, 'all are answered');
    socket.write(get('/healthz').repeat(16));
    await until(() => answersIn(heard()) === 32, 'all are answered again');
  });

  test('that are more end it, refused ones too', async () => {
    for (const path of ['/healthz', '/v1/conversations', '/nowhere']) {
      const { socket, closed } = dial(server().httpPort);
      socket.write(get(path).repeat(1_000));
      await within(closed, 'the end of the connection');
    }
    const { socket, heard, closed } = dial(server().httpPort);
    socket.write(get('/healthz').replace('Host:', 'Origin: https://evil.example\r\nHost:').repeat(1_000));
    await within(closed, 'the end of the connection');
    expect(answersIn(heard())).toBeLessThanOrEqual(16);
    const reasons = (await server().get<string>('/metrics')).match(
      /reason="requests at once on one connection"\} (\d+)/,
    );
    expect(Number(reasons?.[1])).toBe(4);
  });

  test('that come in drips are cut', async () => {
    const { socket, heard, closed } = dial(server().httpPort);
    const id = newUser();
    const body = JSON.stringify({ id, username: 'slow' }).padEnd(200);
    socket.write(
      `POST /v1/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n`,
    );
    let at = 0;
    const timer = setInterval(() => socket.write(body[(at += 1)] ?? ' '), 500);
    onTestFinished(() => clearInterval(timer));
    await within(closed, 'the end of the connection', 20_000);
    expect(heard()).toMatch(/^HTTP\/1\.1 408 /);
    expect((await server().rest('GET', `/v1/users/${id}`)).status).toBe(404);
  });
});

const overloaded = { status: 503, body: { code: 'OVERLOADED' } };

async function expectOverload(server: Server): Promise<void> {
  const answer = await server.rest('GET', '/v1/users/alice');
  expect(answer).toMatchObject(overloaded);
  expect(answer.headers.get('retry-after')).toBe('1');
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await server.rest('GET', path)).status).toBe(200);
}

test('over MAX_QUERIES requests are told OVERLOADED while health is told, and later they go on', async () => {
  const server = await startServer({ MAX_QUERIES: '1' });
  await server.register('alice');
  const body = JSON.stringify({ id: 'bob', username: 'Bob' });
  const { socket, heard } = dial(server.httpPort);
  const length = Buffer.byteLength(body);
  socket.write(
    `POST /v1/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
  );
  await until(async () => (await server.rest('GET', '/v1/users/alice')).status === 503, 'it is under way');
  await expectOverload(server);
  socket.write(body);
  await until(() => heard().startsWith('HTTP/1.1 201'), 'it is answered');
  await until(async () => (await server.rest('GET', '/v1/users/alice')).status === 200, 'there is room again');
});

test('over MAX_ANSWER_BYTES that nobody takes requests are told OVERLOADED, until they are taken or given up', async () => {
  const server = await startServer({ MAX_ANSWER_BYTES: '1048576' });
  await server.register('bob');
  const alice = await enter(server, 'alice');
  const long = 'x'.repeat(8_000);
  for (let count = 0; count < 200; count += 1) alice.send({ type: 'send', id: `m${count}`, to: 'bob', msg: long });
  for (let count = 0; count < 200; count += 1) await alice.ack(`m${count}`);
  const path = `/v1/conversations/${conversationOf('alice', 'bob')}/messages?limit=200`;
  const newest = async () => (await server.get<{ lastSeq: number }>(path, 'alice')).lastSeq;
  await until(async () => (await newest()) === 200, 'all are in the read model');
  const { socket } = dial(server.httpPort);
  socket.pause();
  socket.write(get(path).repeat(10));
  await until(async () => (await server.rest('GET', '/v1/users/alice')).status === 503, 'answers wait');
  await expectOverload(server);
  socket.destroy();
  await until(async () => (await server.rest('GET', '/v1/users/alice')).status === 200, 'there is room again');
});

/** The program where it may open 200 files; its ports, its log, and the processor time it took, in ticks. */
async function startNarrow() {
  const args = ['-c', 'ulimit -n 200 && exec "$0" "$@"', process.execPath, program, 'start'];
  const env = { PATH: process.env['PATH'] ?? '', HTTP_PORT: '0', WS_PORT: '0', DATA_DIR: ownFolder(), DRAIN_MS: '0' };
  const child = spawn('sh', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  const log = () =>
    text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  await until(() => log().some(({ msg }) => msg === 'ready'), 'it is ready');
  const { httpPort, wsPort } = log().find(({ msg }) => msg === 'ready') as unknown as {
    httpPort: number;
    wsPort: number;
  };
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  return { httpPort, wsPort, log, ticks };
}

test.skipIf(process.platform !== 'linux')(
  'connections beyond the file descriptors are refused, open sockets go on, and nothing goes round in circles',
  async () => {
    const { httpPort, wsPort, log, ticks } = await startNarrow();
    const there = { sockets: `ws://127.0.0.1:${wsPort}` };
    const socket = await openSocket(there);
    socket.send({ type: 'hello', user: 'alice' });
    await socket.next('welcome');
    const ends = [httpPort, wsPort].map((port) => {
      const dialled = Array.from({ length: 400 }, () => dial(port));
      let closed = 0;
      for (const { socket: raw } of dialled) raw.once('close', () => (closed += 1));
      return { dialled, closed: () => closed };
    });
    await until(() => ends.every(({ closed }) => closed() > 200), 'those that have no room are closed');
    await socket.settled();
    const before = { ticks: ticks(), at: Date.now() };
    await until(() => Date.now() - before.at > 1_000, 'a second has passed', { everyMs: 100 });
    // A loop would take all hundred of a second.
    expect(ticks() - before.ticks).toBeLessThan(50);
    await socket.settled();
    expect(log().filter(({ msg }) => msg.startsWith('no room for more connections'))).toHaveLength(1);
    for (const { dialled } of ends) dialled.forEach(({ socket: raw }) => raw.destroy());
    await until(async () => {
      const late = await fetch(`http://127.0.0.1:${httpPort}/healthz`).catch(() => undefined);
      return late?.status === 200;
    }, 'there is room again');
    await openSocket(there);
  },
);
