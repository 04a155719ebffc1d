import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { MongoClient } from 'mongodb';
import { MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { noMongoBinary, reportSkipped } from '../support/mongod.ts';
import { runProgram } from '../support/program.ts';
import { newUser, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const script = fileURLToPath(new URL('../../deploy/mongodb-user.js', import.meta.url));

interface NewUser {
  readonly user: string;
  readonly pwd: string;
  readonly roles: readonly unknown[];
}

/** A replica set that asks for users, with the one that deploy/mongodb-user.js makes. */
async function securedMongo(password: string): Promise<{ url: string; root: MongoClient }> {
  const auth = { enable: true, customRootName: 'root', customRootPwd: 'root-password' };
  const set = await MongoMemoryReplSet.create({ replSet: { count: 1, name: 'weiliao', auth } });
  onTestFinished(() => set.stop({ doCleanup: true, force: true }).then(() => undefined));
  const uri = new URL(set.getUri());
  const root = new MongoClient(`mongodb://root:root-password@${uri.host}/?replicaSet=weiliao`);
  const made: Promise<unknown>[] = [];
  const createUser =
    (database: string) =>
    ({ user, ...rest }: NewUser) =>
      made.push(root.db(database).command({ createUser: user, ...rest }));
  const shell = { getSiblingDB: (name: string) => ({ createUser: createUser(name) }) };
  runInNewContext(readFileSync(script, 'utf8'), { db: shell, process: { env: { MONGODB_PASSWORD: password } } });
  await Promise.all(made);
  onTestFinished(() => root.close());
  return { url: `mongodb://weiliao:${password}@${uri.host}/weiliao?replicaSet=weiliao`, root };
}

describe.skipIf(reportSkipped('the user of the compose files in MongoDB', noMongoBinary))('the user weiliao', () => {
  test('has what the program needs, goes on once rights that were taken are given back, and has no other database', async () => {
    const { url, root } = await securedMongo('its-password');
    const server = await startServer({ MONGODB_URL: url });
    const [a, b] = [newUser('a'), newUser('b')];
    await server.register(a, b);
    await server.rest('POST', '/v1/messages', { as: a, body: { id: 'm-1', to: b, msg: 'kept' } });
    const friends = async (): Promise<string> => (await server.rest('GET', '/v1/conversations', { as: b })).text;
    await until(async () => (await friends()).includes('kept'), 'the message is in the read model');
    for (const command of ['rebuild', 'verify']) {
      expect(await runProgram([command], { MONGODB_URL: url, DATA_DIR: server.dataDir })).toMatchObject({ code: 0 });
    }

    const { users } = await root.db('weiliao').command({ usersInfo: 'weiliao' });
    const [{ roles }] = users as [{ roles: object[] }];
    const set = (command: string) => root.db('weiliao').command({ [command]: 'weiliao', roles });
    await set('revokeRolesFromUser');
    await server.rest('POST', '/v1/messages', { as: a, body: { id: 'm-2', to: b, msg: 'meanwhile' } });
    const refusals = () => server.log.filter(({ msg }) => msg === 'consumer failed, will try again');
    await until(() => refusals().length > 5, 'the projector is refused again and again');
    await until(async () => (await server.rest('GET', '/readyz')).status === 503, 'it is not ready');
    await set('grantRolesToUser');
    await until(async () => (await friends()).includes('meanwhile'), 'it goes on by itself');
    await until(async () => (await server.rest('GET', '/readyz')).status === 200, 'it is ready');

    const own = new MongoClient(url);
    onTestFinished(() => own.close());
    await expect(own.db('other').collection('any').insertOne({})).rejects.toThrow('not authorized');
    await expect(own.db('admin').collection('system.users').findOne()).rejects.toThrow('not authorized');
  });

  test('is told where its password is refused, without it', async () => {
    const { url } = await securedMongo('its-password');
    const wrong = url.replace('its-password', 'another-one');
    const { code, stderr } = await runProgram(['start'], { MONGODB_URL: wrong, HTTP_PORT: '0', WS_PORT: '0' });
    expect(code).toBe(1);
    expect(stderr).toContain('refuses these credentials');
    expect(stderr).not.toContain('another-one');
  });
});
