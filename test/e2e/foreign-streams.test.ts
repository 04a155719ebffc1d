import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { isReady } from '../support/deployment.ts';
import { newUser, ownFolder, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';
import { program } from '../support/loader.ts';

/** A log that ends with events of streams that are not ours, as a stand-in's does. */
async function logWithForeignEnd(): Promise<string> {
  const dataDir = ownFolder();
  const standIn = await startStandIn({ dataDir });
  const store = await openEventStoreDb({ url: standIn.url });
  for (const stream of ['$weiliao-test', 'other']) {
    const event = { id: randomUUID(), type: 'Tested', data: {}, metadata: { schemaVersion: 1 } };
    await store.appendToStream(stream, [event], 'no_stream');
  }
  await store.close();
  await standIn.stop();
  return dataDir;
}

test('a server on the folder of a stand-in is ready, sends, and finds what it holds verified and rebuilt', async () => {
  const dataDir = await logWithForeignEnd();
  const server = await startServer({}, dataDir);
  await until(() => isReady(server), 'the server is ready');
  const [a, b] = [newUser('a'), newUser('b')];
  await server.register(a, b);
  expect(await (await enter(server, a)).say(b, 'hello')).toMatchObject({ seq: 1, duplicate: false });
  expect((await server.rest('GET', '/v1/conversations', { as: a })).status).toBe(200);

  const env = { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir };
  const run = (command: string) => spawnSync(process.execPath, [program, command], { env, encoding: 'utf8' });
  expect(run('rebuild')).toMatchObject({ status: 0, stderr: '' });
  expect(run('verify')).toMatchObject({ status: 0, stdout: 'verified: no difference\n' });
  await until(() => isReady(server), 'the server is ready again');
  expect(server.disasters).toEqual([]);
});
