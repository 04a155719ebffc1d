import { v7 } from 'uuid';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { runChat } from '../lib/chat-load.ts';
import { runEcho } from '../lib/echo-load.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { openEventStore, openMongo, openStandIn } from '../lib/engines.ts';
import type { BenchMongo, BenchStore } from '../lib/engines.ts';
import { withFolder } from '../lib/folder.ts';
import { seed } from '../lib/seed.ts';
import { startServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

const pairs = 100;
const size = 120;

type Add = (what: string, value: number, unit: string, floor?: number) => void;

/** Settings of one projector. */
type Share = Readonly<Record<string, string>> & { readonly DATA_DIR: string };

/** The same server on EventStoreDB's protocol and MongoDB, beside the embedded stores; and the adapters by themselves. */
export async function engines({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const times = quick ? { warmup: 2, seconds: 4 } : { warmup: 10, seconds: 15 };
  const rows: Row[] = [];
  const add: Add = (what, value, unit, floor) =>
    rows.push({ part: 'engines', what, value, unit, ...(floor !== undefined && { floor }) });
  const mongo = await openMongo();
  if (mongo === undefined) say('no MONGODB_URL, no MONGOMS_SYSTEM_BINARY: the read model stays embedded');
  const echo = await runEcho({ sockets: pairs * 2, size, pace: { window: 8 }, ...times });
  try {
    await withFolder(folder, async (dataDir) => {
      say('embedded');
      const server = await startServer(dataDir);
      const chat = await runChat(server, { pairs, size, window: 8, ...times });
      add('embedded: delivered', chat.perSecond, 'messages/s', echo.perSecond);
      add('embedded: server CPU', chat.cpuMicros, 'µs/message', echo.cpuMicros);
      await server.stop();
    });
    await withFolder(folder, (dataDir) => throughTheProtocol(dataDir));
    if (mongo !== undefined) await withFolder(folder, (dataDir) => projection(dataDir, mongo));
  } finally {
    await mongo?.stop();
  }
  return rows;

  async function throughTheProtocol(dataDir: string): Promise<void> {
    const store = await openEventStore(`${dataDir}/log`);
    say(store.name);
    const env = { EVENTSTORE_URL: store.url, ...(mongo && { MONGODB_URL: mongo.newDatabase() }) };
    const server = await startServer(`${dataDir}/server`, { env });
    const before = store.cpu();
    const chat = await runChat(server, { pairs, size, window: 8, ...times });
    const after = store.cpu();
    add(`${store.name}: delivered`, chat.perSecond, 'messages/s', echo.perSecond);
    add(`${store.name}: server CPU`, chat.cpuMicros, 'µs/message', echo.cpuMicros);
    // The warm-up is in it on both sides.
    if (before !== undefined && after !== undefined)
      add(`${store.name}: its own CPU`, ((after - before) * 1e6) / chat.report.sent, 'µs/message');
    await server.stop();
    await adapter(store);
    await store.stop();
  }

  /** Appends of one event each and the subscription that brings them back, by the adapter alone. */
  async function adapter({ name, url }: BenchStore): Promise<void> {
    const count = quick ? 5_000 : 30_000;
    for (const appendThreads of [1, 2]) {
      say(`adapter, ${appendThreads} threads`);
      const store = await openEventStoreDb({ url, appendThreads });
      const after = await store.lastPosition();
      await appendAll(store, 1_000);
      const cpu = process.cpuUsage();
      const at = performance.now();
      await appendAll(store, count);
      const seconds = (performance.now() - at) / 1_000;
      add(`${name}: single appends, ${appendThreads} threads`, count / seconds, 'appends/s');
      add(`${name}: adapter CPU, ${appendThreads} threads`, microsSince(cpu) / count, 'µs/append');
      if (appendThreads === 2) await readBack(store, name, after);
      await store.close();
    }
  }

  async function readBack(store: EventStore, name: string, after: number): Promise<void> {
    const ending = new AbortController();
    const cpu = process.cpuUsage();
    const at = performance.now();
    let read = 0;
    for await (const { events, caughtUp } of store.subscribeToAll({
      after,
      prefixes: ['bench-'],
      signal: ending.signal,
    })) {
      read += events.length;
      if (caughtUp) break;
    }
    ending.abort();
    add(`${name}: catch-up`, read / ((performance.now() - at) / 1_000), 'events/s');
    add(`${name}: adapter CPU, catch-up`, microsSince(cpu) / read, 'µs/event');
  }

  /** A log that is there already, into MongoDB: by one projector from the file, and by one and two over the protocol. */
  async function projection(dataDir: string, into: BenchMongo): Promise<void> {
    const count = quick ? 30_000 : 200_000;
    say('projection into MongoDB');
    await seed(`${dataDir}/log`, count, { conversations: 100 });
    await project('MongoDB: projection', [{ DATA_DIR: `${dataDir}/log` }]);
    // A server that was given would have to be filled first, which takes longer than all the rest.
    const { name, url, stop } = await openStandIn(`${dataDir}/log`);
    for (const projectors of [1, 2]) {
      say(`${projectors} projectors over the protocol`);
      const shares = Array.from({ length: projectors }, (_, index) => ({
        EVENTSTORE_URL: url,
        DATA_DIR: `${dataDir}/projector-${index}`,
        PROJECTOR_PARTITION: `${index + 1}/${projectors}`,
      }));
      await project(`${name} to MongoDB: ${projectors} projectors`, shares);
    }
    await stop();

    /** From the start of the processes until each has caught up. */
    async function project(what: string, environments: readonly Share[]): Promise<void> {
      const database = into.newDatabase();
      const at = performance.now();
      const servers = await Promise.all(
        environments.map((env) =>
          startServer(env.DATA_DIR, { env: { MONGODB_URL: database, ROLES: 'projector', ...env } }),
        ),
      );
      const ready = performance.now();
      await Promise.all(servers.map((server) => server.caughtUp()));
      const seconds = (performance.now() - at) / 1_000;
      const cpu = servers.reduce((sum, server) => sum + server.cpu(), 0);
      add(`${what}, start included`, count / seconds, 'events/s');
      add(`${what}: until ready`, ready - at, 'ms');
      add(`${what}: our CPU`, (cpu * 1e6) / count, 'µs/event');
      await Promise.all(servers.map((server) => server.stop()));
    }
  }
}

const inFlight = 256;

async function appendAll(store: EventStore, count: number): Promise<void> {
  const stream = `bench-${v7()}`;
  let next = 0;
  const one = async (lane: number): Promise<void> => {
    for (let revision = -1; next < count; revision += 1) {
      next += 1;
      const event = { id: v7(), type: 'Measured', data: { text: 'x'.repeat(250) }, metadata: { schemaVersion: 1 } };
      await store.appendToStream(`${stream}-${lane}`, [event], revision === -1 ? 'no_stream' : revision);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, lane) => one(lane)));
}

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
