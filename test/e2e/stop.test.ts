import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../support/program.ts';
import { spawnServer, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { until, within } from '../support/until.ts';

const orderly = { code: 0, signal: null };

/** Whether it came to its end by itself, and not because its time was over. */
function endedBy(server: Server): string[] {
  return server.log.map(({ msg }) => msg).filter((msg) => /^(ended|not everything closed in time)$/.test(msg));
}

/** Whether the process listens to signals: Node by itself does to others, but not to SIGHUP. */
function hearsSignals({ pid }: Server): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return BigInt(`0x${caught}`) % 2n === 1n;
}

/** A connection that says this much and then nothing more. */
async function connection(port: number, said: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  if (said !== '') socket.write(said);
  return socket;
}

const half = 'GET /healthz HTTP/1.1\r\nHost: localh';
const halfOfABody =
  'POST /v1/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"id"';
const refusedSocket =
  'GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

describe('a stop does not wait for', () => {
  test('connections that say nothing, half of a request, or keep their side open after a refusal', async () => {
    const server = await startServer({ OPS_PORT: '0' });
    const { httpPort, opsPort, wsPort } = server;
    const said = ['', half, halfOfABody, `${half}ost\r\n\r\n${half}`, refusedSocket];
    const ports = [httpPort, opsPort, wsPort];
    const sockets = await Promise.all(ports.flatMap((port) => said.map((text) => connection(port, text))));
    expect((await server.rest('GET', '/healthz')).status).toBe(200);
    const gone = Promise.all(sockets.map((socket) => once(socket, 'close')));
    sockets.forEach((socket) => socket.resume());
    expect(await server.stop()).toEqual(orderly);
    expect(endedBy(server)).toEqual(['ended']);
    await within(gone, 'the end of the connections');
  });
});

test('a refused socket is let go of, also where its peer keeps its side open', async () => {
  const server = await startServer();
  const socket = connect({ port: server.httpPort, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.write(refusedSocket);
  socket.resume();
  await within(once(socket, 'end'), 'the refusal');
  const connections = async () => {
    const metrics = await server.get<string>('/metrics');
    return Number(/^nodejs_active_resources\{type="TCPSocketWrap"\} ([0-9]+)$/m.exec(metrics)?.[1] ?? 0);
  };
  await until(async () => (await connections()) === 1, 'the one that asks is the only one');
});

describe('signals', () => {
  test.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)('%s closes sockets with 4000 and ends with 0', async (signal) => {
    const server = await startServer();
    const socket = await enter(server, 'u');
    server.signal(signal);
    expect(await socket.closeCode()).toBe(4000);
    expect(await server.exited).toEqual(orderly);
  });

  test('a second one at once is the same wish: npm passes on what the terminal sent to both', async () => {
    const server = await startServer({ DRAIN_MS: '300' });
    const socket = await enter(server, 'u');
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const) server.signal(signal);
    expect(await socket.closeCode()).toBe(4000);
    expect(await server.exited).toEqual(orderly);
    expect(endedBy(server)).toEqual(['ended']);
  });

  test('another one later ends it at once, with 1', async () => {
    const server = await startServer({ DRAIN_MS: '60000' });
    await Promise.all(['a', 'b', 'c'].map((user) => enter(server, user)));
    server.signal('SIGTERM');
    await until(() => {
      server.signal('SIGTERM');
      return server.exit !== undefined;
    }, 'it has ended');
    expect(server.exit).toEqual({ code: 1, signal: null });
  });

  test('one that comes amid the start ends it, orderly, whatever is open by then', async () => {
    const begun: ((server: Server) => boolean)[] = [
      hearsSignals,
      ...['lock', 'log.db', 'position.key', 'read-model-1.db'].map(
        (name) => (server: Server) => existsSync(join(server.dataDir, name)),
      ),
    ];
    for (const isBegun of begun) {
      const server = spawnServer();
      await until(() => isBegun(server), 'it has begun', { everyMs: 1 });
      expect(await server.stop()).toEqual(orderly);
      expect(server.errors).toBe('');
      expect(server.disasters).toEqual([]);
    }
  });

  test('one that comes while a store is waited for ends the wait', async () => {
    const store = createServer().listen(0, '127.0.0.1');
    await once(store, 'listening');
    onTestFinished(() => void store.close());
    const { port } = store.address() as AddressInfo;
    const server = spawnServer({ MONGODB_URL: `mongodb://127.0.0.1:${port}/weiliao` });
    await within(once(store, 'connection'), 'the server to ask the store');
    expect(await server.stop()).toEqual(orderly);
    expect(server.errors).toBe('');
  });
});

test('a folder where none can be made is told of at once, by whatever command makes it', async () => {
  for (const DATA_DIR of ['/proc/nope', '/proc/nope/below', join('/dev/null', 'below')]) {
    const { code, stderr } = await runProgram(['start'], { DATA_DIR, HTTP_PORT: '0', WS_PORT: '0' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^weiliao: DATA_DIR: .* cannot be used: E/);
  }
});
