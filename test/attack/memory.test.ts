import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Server } from '../support/server.ts';
import { conversationOf, enter, newId } from '../support/socket.ts';
import { thorough } from '../support/thorough.ts';
import { until } from '../support/until.ts';
import { frameHead, memoryOf, mute, muteSocket, push, victim, withstand } from './support.ts';

const ports = [
  ['HTTP_PORT', 'httpPort'],
  ['WS_PORT', 'wsPort'],
] as const;

/** Far more than 1 MiB of messages, at which a reader is too slow, and what the system itself takes of them. */
const messages = thorough ? 3_000 : 1_000;
const readers = thorough ? 50 : 20;
const pingBytes = thorough ? 300e6 : 60e6;

/** Megabytes that an attack may add. */
const room = 160;

/** How many sockets were closed with which code. */
async function closesOf(server: Server): Promise<Record<string, number>> {
  const metrics = await server.get<string>('/metrics');
  const lines = [...metrics.matchAll(/^weiliao_closes_total\{code="([0-9]+)"\} ([0-9]+)$/gm)];
  return Object.fromEntries(lines.map(([, code = '', count]) => [code, Number(count)]));
}

describe('nobody fills the memory of a server', () => {
  test('with answers that are asked for in one packet and never taken', async () => {
    const server = await victim();
    const [a, b] = ['a', 'b'];
    await server.register(a, b);
    const alice = await enter(server, a);
    for (let count = 0; count < 200; count += 1) await alice.say(b, 'x'.repeat(8_000));
    const request = `GET /v1/conversations/${conversationOf(a, b)}/messages?limit=200 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: a\r\n\r\n`;
    const { before, most } = await withstand(server, {
      name: '771 requests in one packet, 20 times',
      async run() {
        for (let count = 0; count < 20; count += 1) {
          const socket = await mute(server.httpPort);
          await push(socket, request.repeat(771));
        }
        await until(async () => (await server.rest('GET', '/healthz')).status === 200, 'it answers others');
      },
    });
    expect(most - before).toBeLessThan(2 * room);
  });

  test('with answers that are asked for on many connections and never taken', async () => {
    const server = await victim();
    await server.register('a', 'b');
    const alice = await enter(server, 'a');
    for (let count = 0; count < 200; count += 1) await alice.say('b', 'x'.repeat(8_000));
    const request = `GET /v1/conversations/dm~a~b/messages?limit=200 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: a\r\n\r\n`;
    const { before, most } = await withstand(server, {
      name: '300 connections that read nothing',
      async run() {
        const sockets = await Promise.all(Array.from({ length: 300 }, () => mute(server.httpPort)));
        await Promise.all(sockets.map((socket) => push(socket, request)));
        await until(async () => (await server.rest('GET', '/healthz')).status === 200, 'it answers others');
      },
    });
    expect(most - before).toBeLessThan(2 * room);
  });

  test.each(ports)('with pings whose pongs are never taken, on %s', async (_name, port) => {
    const server = await victim();
    const ping = Buffer.concat([frameHead(9, 125), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array.from({ length: 8_000 }, () => ping));
    const { before, most } = await withstand(server, {
      name: `${pingBytes / 1e6} MB of pings on ${port}`,
      async run() {
        const socket = await muteSocket(server[port]);
        for (let sent = 0; sent < pingBytes; sent += pings.length) if (!(await push(socket, pings))) return;
      },
    });
    expect(most - before).toBeLessThan(room);
  });

  test.each(ports)('with frames that never end, on %s', async (_name, port) => {
    const server = await victim();
    const { before, most } = await withstand(server, {
      name: `200 unfinished frames on ${port}`,
      async run() {
        const sockets = await Promise.all(Array.from({ length: 200 }, () => muteSocket(server[port])));
        for (const socket of sockets) {
          await push(socket, Buffer.concat([frameHead(1, 1_000_000), Buffer.alloc(999_999)]));
          await push(socket, Buffer.concat([frameHead(1, 60_000, false), Buffer.alloc(60_000)]));
        }
      },
    });
    expect(most - before).toBeLessThan(room);
  });

  test('with what is sent before anybody knows who it is', async () => {
    const keys = createServer().listen(0, '127.0.0.1');
    await once(keys, 'listening');
    onTestFinished(() => {
      keys.closeAllConnections();
      keys.close();
    });
    const url = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
    const server = await victim({ AUTH: 'jwt', JWKS_URL: url, HELLO_RATE: '0', MAX_SOCKETS_PER_ADDRESS: '0' });
    const header = Buffer.from('{"alg":"RS256","kid":"x"}').toString('base64url');
    const hello = Buffer.from(JSON.stringify({ type: 'hello', token: `${header}.e30.x` }));
    const early = Buffer.from(JSON.stringify({ type: 'ping' }).padEnd(60_000));
    const before = memoryOf(server);
    const sockets = await Promise.all(Array.from({ length: 300 }, () => muteSocket(server.wsPort)));
    for (const socket of sockets) {
      socket.write(Buffer.concat([frameHead(1, hello.length), hello]));
      for (let count = 0; count < 25; count += 1) {
        await push(socket, Buffer.concat([frameHead(1, early.length), early]));
      }
    }
    expect((await server.rest('GET', '/healthz')).status).toBe(200);
    const after = memoryOf(server);
    process.stdout.write(
      `attack: 450 MB before welcome: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after\n`,
    );
    expect(after - before).toBeLessThan(room);
  });

  test('with lists of everybody', async () => {
    const server = await victim();
    for (let count = 0; count < 2_000; count += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          server.rest('POST', '/v1/users', { body: { id: String(count + index + 1), username: 'x'.repeat(120) } }),
        ),
      );
    }
    const { before, most } = await withstand(server, {
      name: '2,000 users asked for 60 at a time',
      async run() {
        for (let count = 0; count < 5; count += 1) {
          await Promise.all(Array.from({ length: 60 }, () => server.rest('GET', '/user?fromId=1')));
        }
      },
    });
    expect(most - before).toBeLessThan(2 * room);
  });

  test.each(ports)('with a reader that takes nothing of what it is sent, on %s', async (_name, port) => {
    const server = await victim();
    await server.register('a', 'slow');
    const hello = Buffer.from(JSON.stringify({ type: 'hello', user: 'slow' }));
    const alice = await enter(server, 'a');
    const { before, most } = await withstand(server, {
      name: `${readers} readers that are asleep on ${port}`,
      async run() {
        const sockets = await Promise.all(Array.from({ length: readers }, () => muteSocket(server[port])));
        for (const socket of sockets) {
          socket.write(Buffer.concat([frameHead(1, hello.length), hello]));
        }
        for (let count = 0; count < messages; count += 1) await alice.say('slow', 'x'.repeat(8_000), newId());
      },
    });
    expect(most - before).toBeLessThan(room);
    // Told so, and not cut by the library, which has a limit of its own.
    expect(await closesOf(server)).toEqual({ 4008: readers });
  });
});
