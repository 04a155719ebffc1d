import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';

/** Inodes of the sockets that a process has open. */
function socketsOf({ pid }: Server): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[([0-9]+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

/** The ports that a process listens on. */
function listening(server: Server): number[] {
  const own = new Set(socketsOf(server));
  const rows = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${server.pid}/net/${table}`, 'utf8').split('\n'));
  const listens = rows.map((row) => row.trim().split(/\s+/)).filter(([, , , state]) => state === '0A');
  return listens
    .filter((row) => own.has(row[9] ?? ''))
    .map(([, local = '']) => parseInt(local.split(':')[1] ?? '', 16));
}

test.skipIf(process.platform !== 'linux')('SIGUSR1 opens no debugger', async () => {
  const server = await startServer();
  const before = listening(server).sort();
  expect(before).toEqual([server.httpPort, server.wsPort].sort());
  server.signal('SIGUSR1');
  // Signals and requests are both taken by the event loop: an answer after it says that it was taken.
  for (let request = 0; request < 3; request += 1) await server.get('/healthz');
  expect(listening(server).sort()).toEqual(before);
  expect(server.errors).not.toMatch(/debugger|inspector/i);
  expect((await server.stop()).code).toBe(0);
});
