import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { spawnServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** A port that is free: a server whose log nobody reads cannot tell its own. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function pipeThatNobodyReads(): { readonly path: string; leave(): void } {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return { path, leave: () => closeSync(reader) };
}

test.each([
  ['on a full disk', () => ({ path: '/dev/full', leave: () => undefined })],
  ['into a pipe that nobody reads, and whose reader goes away', pipeThatNobodyReads],
])(
  'a server that logs %s starts, serves, hears SIGTERM, and counts the lines that are lost',
  async (_where, output) => {
    const { path, leave } = output();
    const port = await freePort();
    const toOutput = ['sh', '-c', `exec "$@" > '${path}'`, 'sh'];
    const server = spawnServer({ HTTP_PORT: String(port), LOG_REQUESTS: '1' }, undefined, toOutput);
    server.httpPort = port;
    const answered = async () => (await server.rest('GET', '/healthz').catch(() => undefined))?.status === 200;
    await until(answered, 'it serves');
    const long = `/${'x'.repeat(8_000)}`;
    for (let count = 0; count < 100; count += 1) expect((await server.rest('GET', long)).status).toBe(404);
    leave();
    for (let count = 0; count < 100; count += 1) expect((await server.rest('GET', long)).status).toBe(404);
    const dropped = /^weiliao_log_lines_dropped_total ([0-9]+)$/m.exec(await server.get<string>('/metrics'));
    expect(Number(dropped?.[1])).toBeGreaterThan(0);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  },
);
