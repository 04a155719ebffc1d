import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { conversationOf, enter, newId } from '../support/socket.ts';
import { until } from '../support/until.ts';
import { frameHead, memoryOf, mute, push, upgradeRequest, victim, withstand } from './support.ts';

const ports = [
  ['HTTP_PORT', 'httpPort'],
  ['WS_PORT', 'wsPort'],
] as const;

/** Megabytes that an attack may add. */
const room = 160;

describe('nobody fills the memory of a server', () => {
  test('with answers that are asked for in one packet and never taken', async () => {
    const server = await victim();
    const [a, b] = ['a', 'b'];
    await server.register(a, b);
    const alice = await enter(server, a);
    for (let count = 0; count < 200; count += 1) await alice.say(b, 'x'.repeat(8_000));
    const request = `GET /v1/conversations/${conversationOf(a, b)}/messages?limit=200 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: a\r\n\r\n`;
    const { before, most } = await withstand(server, '771 requests in one packet, 20 times', async () => {
      for (let count = 0; count < 20; count += 1) {
        const socket = await mute(server.httpPort);
        await push(socket, request.repeat(771));
      }
      await until(async () => (await server.rest('GET', '/healthz')).status === 200, 'it answers others');
    });
    expect(most - before).toBeLessThan(2 * room);
  });

  test('with answers that are asked for on many connections and never taken', async () => {
    const server = await victim();
    await server.register('a', 'b');
    const alice = await enter(server, 'a');
    for (let count = 0; count < 200; count += 1) await alice.say('b', 'x'.repeat(8_000));
    const request = `GET /v1/conversations/dm~a~b/messages?limit=200 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: a\r\n\r\n`;
    const { before, most } = await withstand(server, '300 connections that read nothing', async () => {
      const sockets = await Promise.all(Array.from({ length: 300 }, () => mute(server.httpPort)));
      await Promise.all(sockets.map((socket) => push(socket, request)));
      await until(async () => (await server.rest('GET', '/healthz')).status === 200, 'it answers others');
    });
    expect(most - before).toBeLessThan(2 * room);
  });

  test.each(ports)('with pings whose pongs are never taken, on %s', async (_name, port) => {
    const server = await victim();
    const ping = Buffer.concat([frameHead(9, 125), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array.from({ length: 8_000 }, () => ping));
    const { before, most } = await withstand(server, `300 MB of pings on ${port}`, async () => {
      const socket = await mute(server[port]);
      socket.write(upgradeRequest('/v1/ws'));
      for (let sent = 0; sent < 300e6; sent += pings.length) if (!(await push(socket, pings))) return;
    });
    expect(most - before).toBeLessThan(room);
  });

  test.each(ports)('with frames that never end, on %s', async (_name, port) => {
    const server = await victim();
    const { before, most } = await withstand(server, `200 unfinished frames on ${port}`, async () => {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => mute(server[port])));
      for (const socket of sockets) {
        socket.write(upgradeRequest('/v1/ws'));
        await push(socket, Buffer.concat([frameHead(1, 1_000_000), Buffer.alloc(999_999)]));
        await push(socket, Buffer.concat([frameHead(1, 60_000, false), Buffer.alloc(60_000)]));
      }
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
    const sockets = await Promise.all(Array.from({ length: 300 }, () => mute(server.wsPort)));
    for (const socket of sockets) {
      socket.write(upgradeRequest('/v1/ws'));
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
    const { before, most } = await withstand(server, '2,000 users asked for 60 at a time', async () => {
      for (let count = 0; count < 5; count += 1) {
        await Promise.all(Array.from({ length: 60 }, () => server.rest('GET', '/user?fromId=1')));
      }
    });
    expect(most - before).toBeLessThan(2 * room);
  });

  test('with bodies that drip: they are cut in time', async () => {
    const server = await victim();
    const sockets = await Promise.all(Array.from({ length: 50 }, () => mute(server.httpPort)));
    for (const socket of sockets) {
      socket.resume();
      socket.write(
        'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User-Id: a\r\nContent-Type: application/json\r\n',
      );
      socket.write('Content-Length: 1000\r\n\r\n');
    }
    const drip = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write(' ')), 1_000);
    onTestFinished(() => clearInterval(drip));
    await until(() => sockets.every((socket) => socket.destroyed), 'all are cut', { withinMs: 30_000 });
  });

  test.each(ports)('with a reader that takes nothing of what it is sent, on %s', async (_name, port) => {
    const server = await victim();
    await server.register('a', 'slow');
    const hello = Buffer.from(JSON.stringify({ type: 'hello', user: 'slow' }));
    const alice = await enter(server, 'a');
    const { before, most } = await withstand(server, `20 readers that are asleep on ${port}`, async () => {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => mute(server[port])));
      for (const socket of sockets) {
        socket.write(upgradeRequest('/v1/ws'));
        socket.write(Buffer.concat([frameHead(1, hello.length), hello]));
      }
      for (let count = 0; count < 1_000; count += 1) await alice.say('slow', 'x'.repeat(8_000), newId());
    });
    expect(most - before).toBeLessThan(room);
  });
});
