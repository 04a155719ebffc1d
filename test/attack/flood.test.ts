import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LogLine, Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { thorough } from '../support/thorough.ts';
import { until, within } from '../support/until.ts';
import { ask, frameHead, mute, push, upgradeRequest, victim, withstand } from './support.ts';
import { jwt, tokenOf } from './tokens.ts';

const ports = [
  ['HTTP_PORT', 'httpPort'],
  ['WS_PORT', 'wsPort'],
] as const;

/** Megabytes that an attack may add. */
const room = 160;

/** The lines that tell of who was turned away, and how many there may be: ten at once, and ten a second from then on. */
function refusalsIn(server: Server, reason: string): { readonly lines: readonly LogLine[]; readonly most: number } {
  const lines = server.log.filter((line) => line.msg === 'turned away' && line['reason'] === reason);
  const times = lines.map(({ time }) => Date.parse(String(time)));
  return { lines, most: 10 + (Math.max(...times) - Math.min(...times)) / 100 + 1 };
}

/** Asks for a socket, says this there and waits for the end of it; the status of the handshake. */
async function knock(port: number, said: Buffer): Promise<string> {
  const socket = await mute(port);
  let status = '';
  const ended = once(socket, 'close');
  socket.on('data', (came) => {
    if (status === '') socket.write(said);
    status ||= came.toString('latin1', 9, 12);
    // A client that was told to go goes.
    if (came.includes('the token is not good')) socket.end();
  });
  socket.resume().write(upgradeRequest('/v1/ws'));
  await within(ended, 'the end of the socket');
  return status;
}

describe('a server goes on', () => {
  test('where hundreds ask for long answers at once: the others come in between', async () => {
    const server = await victim();
    await server.register('a', 'b');
    const alice = await enter(server, 'a');
    for (let count = 0; count < 200; count += 1) await alice.say('b', 'x'.repeat(8_000));
    const request =
      'GET /v1/conversations/dm~a~b/messages?limit=200 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-User-Id: a\r\n\r\n';
    await withstand(server, {
      name: '300 requests for 1 MB each at once, all of them taken',
      async run() {
        const answers = await Promise.all(Array.from({ length: 300 }, () => ask(server.httpPort, request)));
        const statuses = answers.map((answer) => answer.slice(9, 12));
        expect(statuses.filter((status) => status === '200' || status === '503')).toHaveLength(300);
        expect(statuses).toContain('200');
      },
    });
  });

  test('where connections say nothing, or a little now and then: they are cut in time', async () => {
    const server = await victim();
    const count = thorough ? 1_000 : 250;
    const unfinished = Buffer.concat([Buffer.from(upgradeRequest('/v1/ws')), frameHead(1, 60_000)]);
    const beginnings = [
      { first: '', drip: '' },
      { first: 'GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ', drip: '' },
      { first: 'GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ', drip: 'x' },
      { first: unfinished, drip: 'x' },
      {
        first:
          'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: a\r\nContent-Type: application/json\r\n' +
          'Content-Length: 1000\r\n\r\n',
        drip: ' ',
      },
    ];
    const { before, most } = await withstand(server, {
      name: `${count * 2 * beginnings.length} connections that drip, until they are cut`,
      async run() {
        const dripping: (() => void)[] = [];
        const drip = setInterval(() => dripping.forEach((give) => give()), 1_000);
        onTestFinished(() => clearInterval(drip));
        let open = 0;
        for (const [, port] of ports) {
          for (const { first, drip: more } of beginnings) {
            for (let made = 0; made < count; made += 1) {
              const socket = await mute(server[port]);
              open += 1;
              socket.once('close', () => (open -= 1)).resume();
              if (first.length > 0) socket.write(first);
              if (more !== '') dripping.push(() => socket.writable && socket.write(more));
            }
          }
        }
        await until(() => open === 0, 'all are cut');
      },
    });
    expect(most - before).toBeLessThan(room);
  });

  test.each(ports)('where heads never end, on %s', async (_name, port) => {
    const server = await victim();
    const part = `X-Long: ${'x'.repeat(16_000)}\r\n`.repeat(4);
    const { before, most } = await withstand(server, {
      name: `100 heads of 10 MB on ${port}`,
      async run() {
        const attempts = Array.from({ length: 100 }, async () => {
          const socket = await mute(server[port]);
          socket.resume();
          socket.write('GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\n');
          let sent = 0;
          while (sent < 10e6 && (await push(socket, part))) sent += part.length;
          await until(() => socket.destroyed, 'it is cut');
        });
        await Promise.all(attempts);
      },
    });
    expect(most - before).toBeLessThan(room);
  });

  test('where one address opens sockets with bad tokens without end: few are looked at', async () => {
    const server = await victim({ ...jwt, HELLO_RATE: '20' });
    const hello = Buffer.from(JSON.stringify({ type: 'hello', token: tokenOf('a', 'another secret') }));
    const attempts = thorough ? 5_000 : 2_000;
    const statuses: Record<string, number> = {};
    const began = performance.now();
    await withstand(server, {
      name: `${attempts} sockets with bad tokens`,
      tokenOf,
      async run() {
        const knocking = Array.from({ length: 20 }, async () => {
          for (let count = 0; count < attempts / 20; count += 1) {
            const status = await knock(server.wsPort, Buffer.concat([frameHead(1, hello.length), hello]));
            statuses[status] = (statuses[status] ?? 0) + 1;
          }
        });
        await Promise.all(knocking);
      },
    });
    const seconds = (performance.now() - began) / 1_000;
    expect(Object.keys(statuses).sort()).toEqual(['101', '429']);
    expect(statuses['101']).toBeLessThanOrEqual(20 * (seconds + 1));
    const { lines, most } = refusalsIn(server, 'sockets a second');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(most);
  });

  test('where requests with bad tokens come without end: the log stays short', async () => {
    const server = await victim(jwt);
    const attempts = thorough ? 3_000 : 1_000;
    await withstand(server, {
      name: `${attempts} requests with bad tokens`,
      tokenOf,
      async run() {
        const knocking = Array.from({ length: 20 }, async () => {
          for (let count = 0; count < attempts / 20; count += 1) {
            const { status } = await server.rest('GET', '/v1/conversations', { token: tokenOf('a', 'another secret') });
            expect(status).toBe(401);
          }
        });
        await Promise.all(knocking);
      },
    });
    const { lines, most } = refusalsIn(server, 'the token is not good');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(most);
    expect(lines.map((line) => line['address'])).toContain('127.0.0.1');
  });
});
