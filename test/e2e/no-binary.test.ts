import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ownFolder } from '../support/server.ts';
import { program } from '../support/loader.ts';

/** As with a Node that uWebSockets.js has no binary for. */
const otherNode = `data:text/javascript,${encodeURIComponent(
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, modules: '1' } })`,
)}`;

function run(command: string, env: Record<string, string> = {}) {
  return spawnSync(process.execPath, ['--import', otherNode, program, command], {
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: ownFolder(), HTTP_PORT: '0', WS_PORT: '0', ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
}

test('without a WebSocket library for this system a gateway does not start, and says why in one line', () => {
  const { status, stderr } = run('start');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^weiliao: no sockets with Node .*uWebSockets\.js.*_1\.node.*glibc.*\n$/);
});

test('what opens no sockets needs no WebSocket library', () => {
  expect(run('--version')).toMatchObject({ status: 0, stderr: '' });
  expect(run('verify').stderr).toMatch(/there is no log here/);
});
