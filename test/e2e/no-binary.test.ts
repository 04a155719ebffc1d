import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { program, withoutUws } from '../support/loader.ts';
import { newUser, ownFolder, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { patience } from '../support/until.ts';

test('without a binary of uWebSockets.js for this system sockets run on ws, which is told in one line', async () => {
  const server = await startServer({ NODE_OPTIONS: withoutUws.join(' ') });
  const [a, b] = [newUser('a'), newUser('b')];
  const [alice, bob] = [await enter(server, a), await enter(server, b)];
  const { message } = await alice.say(b, 'hello');
  expect(await bob.next('message')).toMatchObject({ id: message, msg: 'hello' });
  const lines = server.log.filter(({ level }) => level === 'warn');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ component: 'gateway', msg: expect.stringContaining('sockets run on ws') as string });
  expect(lines[0]!['reason']).toMatch(/^uWebSockets\.js has no binary that loads with Node .*_1\.node/);
});

test.each([
  ['--version', 0, ''],
  ['verify', 3, /there is no log here/],
])('what opens no sockets says nothing of it: %s', (command, status, told) => {
  const run = spawnSync(process.execPath, [...withoutUws, program, command], {
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: ownFolder() },
    encoding: 'utf8',
    timeout: patience,
  });
  expect(run.status).toBe(status);
  if (told instanceof RegExp) expect(run.stderr).toMatch(told);
  else expect(run.stderr).toBe(told);
  expect(run.stderr).not.toContain('uWebSockets');
});
