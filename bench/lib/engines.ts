import { randomUUID } from 'node:crypto';
import { MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { startNode, waitUntilReady } from './child.ts';
import { cpuSeconds } from './process-stats.ts';
import { mainPath } from './server.ts';

export interface BenchStore {
  readonly name: string;
  readonly url: string;
  /** Seconds of CPU that it used itself; unknown of a server that was given. */
  cpu(): number | undefined;
  stop(): Promise<unknown>;
}

export interface BenchMongo {
  /** Its URL, with the name of a database that is not there yet. */
  newDatabase(): string;
  stop(): Promise<void>;
}

/**
 * An event store that speaks EventStoreDB's protocol: the server of EVENTSTORE_URL, or a stand-in on this folder.
 */
export async function openEventStore(dataDir: string): Promise<BenchStore> {
  const given = process.env.EVENTSTORE_URL;
  if (given === undefined) return openStandIn(dataDir);
  return { name: 'EventStoreDB', url: given, cpu: () => undefined, stop: () => Promise.resolve() };
}

/** The stand-in on an embedded log. */
export async function openStandIn(dataDir: string): Promise<BenchStore> {
  const child = startNode([mainPath, 'stand-in', '--port', '0', '--data', dataDir]);
  const { port } = await waitUntilReady(child);
  return {
    name: 'stand-in',
    url: `esdb://127.0.0.1:${port}?tls=false`,
    cpu: () => cpuSeconds(child.pid),
    stop: () => child.stop(),
  };
}

/**
 * The MongoDB of MONGODB_URL, or one of our own by the program MONGOMS_SYSTEM_BINARY; undefined where there is neither.
 * Databases are new ones each time.
 */
export async function openMongo(): Promise<BenchMongo | undefined> {
  const { MONGODB_URL: given, MONGOMS_SYSTEM_BINARY: systemBinary } = process.env;
  if (given !== undefined) return { newDatabase: () => ownDatabase(given), stop: () => Promise.resolve() };
  if (systemBinary === undefined) return undefined;
  process.env.MONGOMS_SYSTEM_BINARY_VERSION_CHECK ??= 'false';
  const set = await MongoMemoryReplSet.create({
    binary: { systemBinary },
    replSet: { count: 1, storageEngine: 'wiredTiger', ip: '127.0.0.1' },
  });
  return {
    newDatabase: () => ownDatabase(set.getUri()),
    async stop() {
      await set.stop();
    },
  };
}

function ownDatabase(server: string): string {
  const url = new URL(server);
  url.pathname = `/weiliao-bench-${randomUUID()}`;
  return url.href;
}
