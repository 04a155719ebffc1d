import { randomUUID } from 'node:crypto';
import { MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { startNode, waitForLine } from './child.mjs';
import { cpuSeconds } from './process-stats.mjs';
import { mainPath } from './server.mjs';

/**
 * An event store that speaks EventStoreDB's protocol: the server of EVENTSTORE_URL, or a stand-in on this folder.
 * @param {string} dataDir
 */
export async function openEventStore(dataDir) {
  const given = process.env.EVENTSTORE_URL;
  if (given === undefined) return openStandIn(dataDir);
  return { name: 'EventStoreDB', url: given, cpu: () => undefined, stop: () => Promise.resolve() };
}

/**
 * The stand-in on an embedded log.
 * @param {string} dataDir
 */
export async function openStandIn(dataDir) {
  const child = startNode([mainPath, 'stand-in', '--port', '0', '--data', dataDir]);
  const { port } = await waitForLine(child, ({ msg }) => msg === 'ready');
  return {
    name: 'stand-in',
    url: `esdb://127.0.0.1:${port}?tls=false`,
    /** Seconds that it used itself; unknown of a server that was given. */
    cpu: () => cpuSeconds(child.pid),
    stop: () => child.stop(),
  };
}

/**
 * The MongoDB of MONGODB_URL, or one of our own by the program MONGOMS_SYSTEM_BINARY; undefined where there is neither.
 * Databases are new ones each time.
 */
export async function openMongo() {
  const { MONGODB_URL: given, MONGOMS_SYSTEM_BINARY: systemBinary } = process.env;
  if (given === undefined && systemBinary === undefined) return undefined;
  process.env.MONGOMS_SYSTEM_BINARY_VERSION_CHECK ??= 'false';
  const set =
    given === undefined
      ? await MongoMemoryReplSet.create({
          binary: { systemBinary },
          replSet: { count: 1, storageEngine: 'wiredTiger', ip: '127.0.0.1' },
        })
      : undefined;
  return {
    newDatabase() {
      const url = new URL(set?.getUri() ?? given);
      url.pathname = `/weiliao-bench-${randomUUID()}`;
      return url.href;
    },
    stop: async () => {
      await set?.stop();
    },
  };
}
