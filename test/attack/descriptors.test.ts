import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { mute, upgradeRequest, victim, withDescriptors, withstand } from './support.ts';

const descriptors = 256;

const ports = [
  ['HTTP_PORT', 'httpPort'],
  ['WS_PORT', 'wsPort'],
] as const;

const fullLines = ({ log }: Server): number => log.filter(({ msg }) => /no room for more connections/.test(msg)).length;

/** Keeps as many connections as the server gives. */
async function crowd(port: number, first: string): Promise<Set<Socket>> {
  const open = new Set<Socket>();
  let refused = 0;
  for (let count = 0; count < 1_000; count += 1) {
    const socket = await mute(port);
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      refused += 1;
    });
    socket.resume();
    if (first !== '') socket.write(first);
  }
  await until(() => refused >= 1_000 - descriptors, 'those without room are refused');
  return open;
}

/** Whether a connection ends before anything was said on it. */
async function isRefused(port: number): Promise<boolean> {
  const socket = await mute(port);
  socket.resume();
  const refused = await new Promise<boolean>((resolve) => {
    socket.once('close', () => resolve(true)).once('data', () => resolve(false));
    socket.write(upgradeRequest('/v1/ws'));
  });
  socket.destroy();
  return refused;
}

test.each([
  ['connections', ''],
  ['sockets', upgradeRequest('/v1/ws')],
])('a server that is out of file descriptors goes on: 1,000 %s', async (what, first) => {
  const server = await victim({}, withDescriptors(descriptors));
  for (const [name, port] of ports) {
    const told = fullLines(server);
    let held = new Set<Socket>();
    await withstand(server, {
      name: `1,000 ${what} on ${name} with ${descriptors} descriptors`,
      async run() {
        held = await crowd(server[port], first);
        await until(() => isRefused(server[port]), 'one more is refused');
      },
    });
    expect(held.size).toBeGreaterThan(0);
    for (const socket of held) socket.destroy();
    await until(async () => !(await isRefused(server[port])), 'there is room again');
    expect(fullLines(server) - told).toBe(1);
  }
});

test('one connection that asks for other protocols again and again is counted once', async () => {
  const server = await victim({}, withDescriptors(descriptors));
  const socket = await mute(server.httpPort);
  let answers = 0;
  socket.on('data', (came) => (answers += came.toString('latin1').split('HTTP/1.1 200').length - 1)).resume();
  for (let count = 1; count <= 2 * descriptors; count += 1) {
    socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    await until(() => answers === count, 'it is answered');
  }
  expect(await isRefused(server.wsPort)).toBe(false);
  expect(fullLines(server)).toBe(0);
  expect(server.errors).toBe('');
});
