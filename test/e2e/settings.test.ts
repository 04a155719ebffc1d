import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/shared/config.ts';
import { settings } from '../../src/shared/config/settings.ts';
import { program } from '../support/loader.ts';
import { ownFolder, spawnServer, startServer } from '../support/server.ts';

const bad: Readonly<Record<string, readonly string[]>> = {
  HTTP_PORT: ['x', '-1', '65536', '1.5', ' ', '0x10', '1e3', '80 81', 'Infinity'],
  WS_PORT: ['x', '-1', '65536', 'NaN'],
  EVENTSTORE_URL: ['http://x', 'x'],
  MONGODB_URL: ['http://x', 'x'],
  ROLES: ['gateway,cook', ',', 'GATEWAY', ' '],
  FEED: ['x', 'Catch-up', 'persistent'],
  GATEWAY_ID: ['a b', 'x'.repeat(65), 'ü'],
  PROJECTOR_PARTITION: ['x', '0/1', '2/1', '1', '1/2', '1/0', '-1/1'],
  AUTH: ['x', 'NONE', 'jwt'],
  COMMAND_TIMEOUT_MS: ['0', '-5', 'x', '600001', ' '],
  MAX_IN_FLIGHT: ['0', 'x', '1.5'],
  RATE_LIMIT: ['-1', 'x', 'off', '0.5', ' '],
  MAX_BUFFERED_BYTES: ['0', '1023', 'x', '1e6'],
  DRAIN_MS: ['-1', 'x', '10s', ' '],
  DEMO_USERS: ['yes', 'true', '2'],
  LOG_LEVEL: ['loud', 'INFO'],
};

const secret = 'a secret of thirty-two bytes, or more';

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('a setting', () => {
  test.each(Object.entries(bad).flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    '%s=%j stops the start with one line that names it',
    (name, value) => {
      const lines = faultsOf({ [name]: value });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(new RegExp(`^${name}: .`));
    },
  );

  test('that is empty counts as not set', () => {
    expect(faultsOf(Object.fromEntries(Object.keys(bad).map((name) => [name, ''])))).toEqual([]);
  });

  test('of AUTH=jwt needs exactly one key, and a key needs AUTH=jwt', () => {
    expect(faultsOf({ AUTH: 'jwt' })[0]).toMatch(/^AUTH: /);
    expect(faultsOf({ AUTH: 'jwt', JWT_SECRET: secret, JWKS_URL: 'https://x' })[0]).toMatch(/^AUTH: /);
    expect(faultsOf({ JWT_SECRET: secret })[0]).toMatch(/^AUTH: /);
    expect(faultsOf({ AUTH: 'jwt', JWKS_URL: 'ftp://x' })[0]).toMatch(/^JWKS_URL: /);
  });
});

describe('start --help', () => {
  test('lists every setting with what it means', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'start', '--help']);
    for (const [name, { meaning }] of Object.entries(settings)) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
      expect(stdout).toContain(meaning.replaceAll('`', ''));
    }
  });
});

describe('the start', () => {
  test('with every setting bad prints one line for each, and ends with 2', async () => {
    const server = spawnServer(Object.fromEntries(Object.entries(bad).map(([name, [value = '']]) => [name, value])));
    expect((await server.exited).code).toBe(2);
    const lines = server.errors.trim().split('\n');
    expect(lines.map((line) => /^weiliao: ([A-Z_]+): /.exec(line)?.[1]).sort()).toEqual(Object.keys(bad).sort());
  });

  test.each([
    ['JWT_PUBLIC_KEY', { AUTH: 'jwt', JWT_PUBLIC_KEY: 'nonsense' }],
    ['JWKS_URL', { AUTH: 'jwt', JWKS_URL: 'http://' }],
    ['HOST', { HOST: '192.0.2.1', INSECURE: '1' }],
    ['HOST', { HOST: 'no.such.host.invalid', INSECURE: '1' }],
    ['HTTP_PORT', { ROLES: 'api,projector', HOST: '192.0.2.1', INSECURE: '1' }],
  ])('with a %s that cannot be used names it, and fails', async (name, env) => {
    const server = spawnServer(env);
    expect((await server.exited).code).toBeGreaterThan(0);
    expect(server.errors).toContain(name);
    expect(server.errors.trim().split('\n')).toHaveLength(1);
  });

  test.each(['HTTP_PORT', 'WS_PORT'])('on a %s that is taken names it, and fails', async (name) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const server = spawnServer({ [name]: String((holder.address() as AddressInfo).port) });
    expect((await server.exited).code).toBeGreaterThan(0);
    expect(server.errors).toContain(name);
  });

  test('with a DATA_DIR that is a file names it, and fails', async () => {
    const folder = ownFolder();
    writeFileSync(join(folder, 'file'), '');
    const server = spawnServer({}, join(folder, 'file'));
    expect((await server.exited).code).toBeGreaterThan(0);
    expect(server.errors).toContain('DATA_DIR');
  });

  test('on a folder that another process uses refuses and names the process; that one is not harmed', async () => {
    const first = await startServer();
    const second = spawnServer({}, first.dataDir);
    expect((await second.exited).code).toBeGreaterThan(0);
    expect(second.errors).toMatch(new RegExp(`\\b${first.pid}\\b`));
    await first.register('u');
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const third = await startServer({}, first.dataDir);
    expect(await third.get('/v1/users/u')).toMatchObject({ id: 'u' });
  });

  test('of one role serves that role alone', async () => {
    const server = await startServer({ ROLES: 'api,projector' });
    expect(server.wsPort).toBeUndefined();
    await server.register('u');
    expect(await server.get('/v1/users/u')).toMatchObject({ id: 'u' });
  });
});
