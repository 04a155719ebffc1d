import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { patience, until } from './until.ts';

/** Where tests find MongoDB: a server that runs, or a program to start one with. Undefined: nowhere. */
// Any recent version does; the memory server would warn of each that is not its own default.
process.env['MONGOMS_SYSTEM_BINARY_VERSION_CHECK'] ??= 'false';

const given = {
  url: process.env['MONGODB_URL'] ?? '',
  binary: process.env['MONGOMS_SYSTEM_BINARY'] ?? '',
};

/** Why tests that need MongoDB are not run; undefined where they are. */
export const noMongo =
  given.url === '' && given.binary === ''
    ? 'neither MONGODB_URL (a server) nor MONGOMS_SYSTEM_BINARY (a mongod to start) is set'
    : undefined;

/** Why tests that kill, stop and restart a mongod of their own are not run. */
export const noMongoBinary = given.binary === '' ? 'MONGOMS_SYSTEM_BINARY (a mongod to start) is not set' : undefined;

/** Says what is left out, as a skipped suite alone is easily overlooked. */
export function reportSkipped(suite: string, reason: string | undefined): boolean {
  if (reason !== undefined) process.stderr.write(`SKIPPED ${suite}: ${reason}\n`);
  return reason !== undefined;
}

/** A MongoDB server that a test file shares. */
export interface TestMongo {
  /** URL of a database that no other test has. */
  newDatabase(): string;
  /** The database of such a URL, to look into it or to change it behind everybody's back. */
  db(url: string): Db;
  /** Drops those databases and stops what was started. */
  stop(): Promise<void>;
}

/** The server of MONGODB_URL, or a replica set of one node that is started here. */
export async function openTestMongo(): Promise<TestMongo> {
  const set =
    given.url === ''
      ? await MongoMemoryReplSet.create({
          binary: { systemBinary: given.binary },
          // It tells of a mongod that does not come up; by itself it waits for 10 s.
          instanceOpts: [{ launchTimeout: patience }],
          replSet: { count: 1, storageEngine: 'wiredTiger', ip: '127.0.0.1' },
        })
      : undefined;
  const base = new URL(set?.getUri() ?? given.url);
  const client = await MongoClient.connect(base.href);
  const names: string[] = [];
  return {
    newDatabase() {
      const name = `weiliao-test-${randomUUID()}`;
      names.push(name);
      const url = new URL(base);
      url.pathname = `/${name}`;
      return url.href;
    },
    db: (url) => client.db(new URL(url).pathname.slice(1)),
    async stop() {
      for (const name of names) await client.db(name).dropDatabase();
      await client.close();
      await set?.stop();
    },
  };
}

/** A mongod of a test's own, to be killed and frozen: its data outlives the process. */
export interface OwnMongod {
  readonly url: string;
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** `replicaSet` false: a server on its own. */
export async function makeMongod({ replicaSet = true } = {}): Promise<OwnMongod> {
  const folder = mkdtempSync(join(tmpdir(), 'weiliao-mongod-'));
  const port = await freePort();
  const direct = `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=500`;
  let child: ChildProcess | undefined;
  let initiated = false;

  async function leads(): Promise<boolean> {
    const client = new MongoClient(direct);
    try {
      const admin = client.db('admin');
      if (replicaSet && !initiated) {
        await admin.command({ replSetInitiate: { _id: 'one', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
        initiated = true;
      }
      return (await admin.command({ hello: 1 }))['isWritablePrimary'] === true;
    } catch {
      return false;
    } finally {
      await client.close();
    }
  }

  async function kill(): Promise<void> {
    const dying = child;
    child = undefined;
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    dying.kill('SIGKILL');
    await gone;
  }

  return {
    url: `mongodb://127.0.0.1:${port}/weiliao${replicaSet ? '?replicaSet=one' : ''}`,
    async start() {
      const place = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'];
      const small = ['--wiredTigerCacheSizeGB', '0.25', '--quiet'];
      child = spawn(given.binary, [...place, ...small, ...(replicaSet ? ['--replSet', 'one'] : [])], {
        stdio: 'ignore',
      });
      await until(leads, 'mongod leads', { everyMs: 50 });
    },
    signal: (signal) => void child?.kill(signal),
    kill,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
