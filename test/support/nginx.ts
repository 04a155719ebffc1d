import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

const deployed = fileURLToPath(new URL('../../deploy/nginx.conf', import.meta.url));

/** Why nginx cannot be run here; undefined where it can. */
export const noNginx = spawnSync('nginx', ['-v']).status === 0 ? undefined : 'there is no nginx';

export interface Proxy {
  readonly port: number;
  readonly socketPort: number;
  /** Lines of the access log. */
  log(): readonly AccessLine[];
  /** What went to its error log. */
  errors(): string;
}

export interface AccessLine {
  readonly path: string;
  readonly status: number;
  readonly [name: string]: unknown;
}

export interface Upstreams {
  readonly api: number;
  readonly gateway: number;
  /** Further changes of the file: what stands there, and what shall. Each must be there. */
  readonly changes?: Readonly<Record<string, string>>;
}

/** Runs nginx with deploy/nginx.conf, its names and ports led to this machine. Gone when the test is. */
export async function startNginx({ api, gateway, changes = {} }: Upstreams): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'weiliao-nginx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Its workers are another user's, where root starts it.
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'logs'));
  const [port, socketPort] = [await freePort(), await freePort()];
  const access = join(folder, 'logs', 'access.log');
  writeFileSync(access, '');
  let file = readFileSync(deployed, 'utf8');
  const replaced = {
    'listen 9092': `listen 127.0.0.1:${port}`,
    'listen 9093': `listen 127.0.0.1:${socketPort}`,
    'api:9092': `127.0.0.1:${api}`,
    'gateway:9093': `127.0.0.1:${gateway}`,
    '/dev/stdout': access,
    ' /tmp/': ` ${folder}/`,
    ...changes,
  };
  for (const [from, to] of Object.entries(replaced)) {
    if (!file.includes(from)) throw new Error(`deploy/nginx.conf has no "${from}"`);
    file = file.replaceAll(from, to);
  }
  const path = join(folder, 'nginx.conf');
  writeFileSync(path, file);
  const child = spawn('nginx', ['-p', folder, '-c', path, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    return fetch(`http://127.0.0.1:${port}/metrics`).then(
      () => true,
      () => false,
    );
  };
  await until(answers, 'nginx answers');
  const lines = (): AccessLine[] =>
    readFileSync(access, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AccessLine);
  return { port, socketPort, log: lines, errors: () => errors };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
