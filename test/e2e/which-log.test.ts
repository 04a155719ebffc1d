import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { createClient, directConversation } from '../../packages/client/src/index.ts';
import { comeBack, textsOf } from '../support/come-back.ts';
import { deploy, isReady } from '../support/deployment.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { runProgram } from '../support/program.ts';
import { ownFolder, spawnServer, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

/** Messages of one user to another, `a` and `b` by default, which the read model then has. The cursor of `b` after them. */
async function say(server: Server, texts: readonly string[], [a, b] = ['a', 'b']): Promise<string> {
  await server.register(a, b);
  const come = await comeBack(server, b);
  const alice = await enter(server, a);
  let { cursor } = come;
  for (const text of texts) {
    await alice.say(b, text);
    const frame = await come.chat.next('message');
    expect(frame.msg).toBe(text);
    ({ cursor } = frame);
  }
  for (const socket of [alice, come.chat]) socket.cut();
  const headers = { 'Weiliao-Min-Position': cursor };
  const list = () => server.rest('GET', '/v1/conversations', { as: b, headers });
  await until(async () => (await list()).status === 200, 'all is projected');
  return cursor;
}

async function historyOf(server: Server, as = 'b', conversation = 'dm~a~b'): Promise<string[]> {
  const path = `/v1/conversations/${conversation}/messages?after=0`;
  const { items } = await server.get<{ items: { msg: string }[] }>(path, as);
  return items.map(({ msg }) => msg);
}

/** A server whose read model is there. */
async function readyServer(folder: string): Promise<Server> {
  const server = await startServer({}, folder);
  await until(() => isReady(server), 'the read model is there');
  return server;
}

/** The same, for as long as it takes. */
async function serving<T>(folder: string, use: (server: Server) => Promise<T>): Promise<T> {
  const server = await readyServer(folder);
  const result = await use(server);
  expect((await server.stop()).code).toBe(0);
  return result;
}

/** Puts a log, and nothing else, into a folder. */
function putLog(from: string, into: string): void {
  for (const name of readdirSync(into)) if (name.startsWith('log.db')) rmSync(join(into, name));
  cpSync(join(from, 'log.db'), join(into, 'log.db'));
}

function copyOf(folder: string): string {
  const copy = ownFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

async function refusalOf(folder: string): Promise<string> {
  const server = spawnServer({}, folder);
  expect((await server.exited).code).toBe(1);
  expect(server.isReady).toBe(false);
  return server.errors;
}

const run = (folder: string, ...command: string[]) => runProgram(command, { DATA_DIR: folder });

test('a read model of another, longer log is refused, `verify` tells, and a rebuild makes it right', async () => {
  const [one, other] = [ownFolder(), ownFolder()];
  await serving(one, (server) => say(server, ['private']));
  await serving(other, (server) => say(server, ['1', '2', '3'], ['c', 'd']));
  putLog(other, one);
  expect(await refusalOf(one)).toMatch(/the read model is of the log \S+, but this is the log \S+\. .*weiliao rebuild/);
  const verified = await run(one, 'verify');
  expect(verified).toMatchObject({ code: 1, stdout: expect.stringContaining('checkpoint') as string });
  expect(await run(one, 'rebuild')).toMatchObject({ code: 0, stdout: expect.stringContaining('epoch') as string });
  const server = await readyServer(one);
  expect(await historyOf(server, 'd', 'dm~c~d')).toEqual(['1', '2', '3']);
  expect((await server.rest('GET', '/v1/conversations/dm~a~b/messages', { as: 'b' })).status).toBe(404);
  expect(await run(one, 'verify')).toMatchObject({ code: 0 });
});

test('an older log that has grown past the read model since is refused; after a rebuild nothing is hidden', async () => {
  const [folder, elsewhere, backup] = [ownFolder(), ownFolder(), ownFolder()];
  const early = await serving(folder, (server) => say(server, ['m1', 'm2']));
  putLog(folder, backup);
  const lost = await serving(folder, (server) => say(server, ['m3', 'm4']));
  putLog(backup, folder);
  expect(await refusalOf(folder)).toMatch(/has applied position \d+, but the log ends at \d+/);
  putLog(backup, elsewhere);
  await serving(elsewhere, (server) => say(server, ['n3', 'n4', 'n5', 'n6', 'n7']));
  putLog(elsewhere, folder);
  expect(await refusalOf(folder)).toMatch(/has applied another event at position \d+/);
  expect(await run(folder, 'rebuild')).toMatchObject({ code: 0 });
  const server = await readyServer(folder);
  expect(await historyOf(server)).toEqual(['m1', 'm2', 'n3', 'n4', 'n5', 'n6', 'n7']);
  for (const cursor of [early, lost]) {
    expect(await comeBack(server, 'b', cursor)).toMatchObject({ recovered: false, missed: [] });
  }
});

test('after a folder was put back as a whole, a cursor of what is gone recovers nothing, an older one everything', async () => {
  const folder = ownFolder();
  const early = await serving(folder, (server) => say(server, ['m1']));
  const snapshot = copyOf(folder);
  const lost = await serving(folder, (server) => say(server, ['m2', 'm3']));
  const server = await readyServer(snapshot);
  expect(await comeBack(server, 'b', lost)).toMatchObject({ recovered: false, missed: [] });
  await say(server, ['n2', 'n3', 'n4']);
  expect(await comeBack(server, 'b', lost)).toMatchObject({ recovered: false, missed: [] });
  const { recovered, missed, chat } = await comeBack(server, 'b', early);
  expect({ recovered, texts: textsOf(missed) }).toEqual({ recovered: true, texts: ['n2', 'n3', 'n4'] });
  await say(server, ['n5']);
  expect((await chat.next('message')).msg).toBe('n5');
  // A list that must hold what is gone asks for nothing that could not be had.
  const headers = { 'Weiliao-Min-Position': early };
  expect((await server.rest('GET', '/v1/conversations', { as: 'b', headers })).status).toBe(200);
});

test('after a restore of `log.db` alone, clients go on: no error, nothing recovered, every new message told', async () => {
  const [folder, restored] = [ownFolder(), ownFolder()];
  const first = await readyServer(folder);
  const proxy = await FaultProxy.start(first.httpPort);
  onTestFinished(() => proxy.close());
  const told: string[] = [];
  const faults: unknown[] = [];
  const client = createClient({ url: proxy.url, WebSocket, user: 'b', random: () => 0.02 });
  onTestFinished(() => client.disconnect());
  client.on('message', ({ msg }) => told.push(msg));
  client.on('error', (fault) => faults.push(fault));
  const isLive = (): boolean => client.connection.get().state === 'live';
  const room = client.conversation(directConversation('a', 'b'));
  const shown = (): string[] => room.get().messages.map(({ msg }) => msg);
  client.connect();
  await until(isLive, 'the client is there');
  await say(first, ['m1', 'm2']);
  await first.stop();
  putLog(folder, restored);
  const said = async (server: Server): Promise<string> => {
    proxy.port = server.httpPort;
    const cursor = await say(server, ['m3', 'm4', 'm5']);
    await until(() => told.length === 5, 'all of it is told');
    return cursor;
  };
  const lost = await serving(folder, said);
  client.disconnect();
  const second = await readyServer(restored);
  proxy.port = second.httpPort;
  expect(second.log.some(({ msg }) => msg.startsWith('log restored'))).toBe(true);
  await say(second, ['n3', 'n4']);
  client.connect();
  await until(isLive, 'the client is back');
  await say(second, ['n5', 'n6']);
  await until(() => told.includes('n6'), 'the newest is told');
  expect(told.slice(5)).toEqual(['n3', 'n4', 'n5', 'n6']);
  expect(shown()).toEqual(['m1', 'm2', 'n3', 'n4', 'n5', 'n6']);
  expect(client.conversations.get()).toMatchObject([{ lastSeq: 6, lastMessage: { msg: 'n6' }, unread: 6 }]);
  expect(await client.send({ to: 'a', msg: 'mine' })).toMatchObject({ seq: 7 });
  expect(faults).toEqual([]);
  const headers = { 'Weiliao-Min-Position': lost };
  expect((await second.rest('GET', '/v1/conversations', { as: 'b', headers })).status).toBe(200);
});

describe.skipIf(reportSkipped('a restored EventStoreDB', noMongo))('with EventStoreDB and MongoDB', () => {
  let mongo: TestMongo;
  beforeAll(async () => {
    mongo = await openTestMongo();
  });
  afterAll(() => mongo.stop());

  test('an older log: what runs serves nobody and ends, what starts is refused until a rebuild, and cursors of what is gone recover nothing', async () => {
    const standIn = await startStandIn();
    const backup = ownFolder();
    const database = mongo.newDatabase();
    const all = deploy({ eventStore: standIn.url, mongo: database });
    const [gateway, projector] = await Promise.all([all.gateway(), all.projector()]);
    await say(gateway, ['m1', 'm2']);
    await standIn.stop();
    putLog(standIn.dataDir, backup);
    await standIn.restart();
    await until(() => isReady(gateway), 'the gateway is back');
    const lost = await say(gateway, ['m3', 'm4']);
    await standIn.stop();
    putLog(backup, standIn.dataDir);
    await standIn.restart();

    const ahead = /the read model has applied position \d+, but the log ends at \d+/;
    await until(() => ahead.test(JSON.stringify(projector.log)), 'the projector says it');
    await until(() => /does not hold the event/.test(JSON.stringify(gateway.log)), 'the gateway says it');
    expect(await isReady(gateway)).toBe(false);
    const refused = all.spawn({ ROLES: 'gateway,api' });
    expect((await refused.exited).code).toBe(1);
    expect(refused.errors).toMatch(ahead);

    const env = { EVENTSTORE_URL: standIn.url, MONGODB_URL: database };
    expect(await runProgram(['rebuild'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('epoch') as string,
    });
    const [second] = await Promise.all([all.gateway(), all.projector()]);
    expect(await comeBack(second, 'b', lost)).toMatchObject({ recovered: false, missed: [] });
    await say(second, ['n3', 'n4', 'n5', 'n6']);
    expect(await comeBack(second, 'b', lost)).toMatchObject({ recovered: false, missed: [] });
    expect(await historyOf(second)).toEqual(['m1', 'm2', 'n3', 'n4', 'n5', 'n6']);
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.disasters).toMatchObject([{ msg: 'the log is another one' }]);
    expect(await runProgram(['verify'], env)).toMatchObject({ code: 0 });
    for (const server of [gateway, projector]) server.log.length = 0;
  });
});
