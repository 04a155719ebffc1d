import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { ownFolder, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { runProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { program } from '../support/loader.ts';

describe.skipIf(reportSkipped('the server with MongoDB', noMongo))('with MONGODB_URL the server', () => {
  let mongo: TestMongo;
  beforeAll(async () => {
    mongo = await openTestMongo();
  });
  afterAll(() => mongo.stop());

  test('answers from it, and it can be rebuilt and verified while it serves', async () => {
    const url = mongo.newDatabase();
    const folder = ownFolder();
    const server = await startServer({ MONGODB_URL: url }, folder);
    await server.register('alice', 'bob');
    const alice = await enter(server, 'alice');
    for (const msg of ['one', 'two', 'three']) await alice.say('bob', msg);
    const list = () =>
      server.get<{ items: { unread: number; lastMessage: { msg: string } }[] }>('/v1/conversations', 'bob');
    await until(async () => (await list()).items[0]?.unread === 3, 'all is projected');
    expect((await list()).items).toMatchObject([{ lastMessage: { msg: 'three' } }]);
    expect(await mongo.db(url).collection('message').countDocuments({ conversation: 'dm~alice~bob' })).toBe(3);

    const env = { PATH: process.env['PATH'] ?? '', DATA_DIR: folder, MONGODB_URL: url };
    const run = (...command: string[]) => spawnSync(process.execPath, [program, ...command], { env, encoding: 'utf8' });
    const rebuilt = run('rebuild');
    expect(rebuilt.status).toBe(0);
    // On a slow machine it tells how far it is.
    expect(rebuilt.stderr.replace(/^rebuilding: .*\n/gm, '')).toBe('');
    expect(rebuilt.stdout).toContain('equal; now in use');
    expect(run('verify')).toMatchObject({ status: 0, stdout: 'verified: no difference\n' });
    expect(run('rebuild', '--projection', 'message')).toMatchObject({ status: 2 });

    await alice.say('bob', 'four');
    await until(async () => (await list()).items[0]?.unread === 4, 'the projector goes on');
    await until(async () => (await server.get<{ ready: boolean }>('/readyz')).ready, 'it is ready');
    expect(server.disasters).toEqual([]);
  });

  test('and the commands touch nothing of another program, and say so', async () => {
    const url = mongo.newDatabase();
    await mongo.db(url).collection('user').insertOne({ title: 'theirs' });
    const folder = ownFolder();
    await (await startServer({}, folder)).stop();
    const env = { DATA_DIR: folder, MONGODB_URL: url, HTTP_PORT: '0', WS_PORT: '0' };
    const told = /^weiliao: the database .* holds what is not of this program: user has no mark of weiliao.*\n$/;
    for (const [command, code] of [
      ['start', 1],
      ['verify', 3],
      ['rebuild', 3],
      ['quarantine list', 3],
    ] as const) {
      const ran = await runProgram(command.split(' '), env);
      expect(ran).toMatchObject({ code });
      expect(ran.stderr).toMatch(told);
    }
    expect((await mongo.db(url).listCollections().toArray()).map(({ name }) => name)).toEqual(['user']);
  });
});
