import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import { createPeerDirectory } from '../../src/queries/peer-directory.ts';
import { readFriendList } from '../../src/queries/friend-list.ts';
import { openReadModel } from '../../src/read-model/open-read-model.ts';
import type { ReadModelSettings } from '../../src/shared/config.ts';
import { startNode, waitUntilReady } from '../lib/child.ts';
import { openMongo } from '../lib/engines.ts';
import { withFolder } from '../lib/folder.ts';
import type { PartOptions, Row } from '../lib/part.ts';
import { cpuSeconds } from '../lib/process-stats.ts';
import { seed, seededConversation, seededReader, seedFriends } from '../lib/seed.ts';
import { startServer } from '../lib/server.ts';

const part = 'reads';
const friends = 500;
const pageSize = 50;
/** Requests under way at once, each on a connection of its own. */
const atOnce = 4;

const paths = {
  'friend list of 50': `/v1/conversations?limit=${pageSize}`,
  'history of 50': `/v1/conversations/${encodeURIComponent(seededConversation)}/messages?limit=${pageSize}`,
};

/** What a page costs: in the read model, and over REST beside a bare fastify route that sends the same bytes. */
export async function reads({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const rounds = quick ? 300 : 3_000;
  const mongo = await openMongo();
  try {
    return await withFolder(folder, async (dataDir) => {
      say(`filling ${friends} conversations of one user`);
      await seed(dataDir, 2_000);
      await seedFriends(dataDir, friends);
      const rows = await readsOf(dataDir, { kind: 'embedded', dataDir }, rounds);
      if (mongo === undefined) return rows;
      return [...rows, ...(await readsOf(dataDir, { kind: 'mongodb', url: mongo.newDatabase() }, rounds))];
    });
  } finally {
    await mongo?.stop();
  }
}

async function readsOf(dataDir: string, settings: ReadModelSettings, rounds: number): Promise<Row[]> {
  const server = await startServer(dataDir, { env: settings.kind === 'mongodb' ? { MONGODB_URL: settings.url } : {} });
  const rows: Row[] = [];
  await server.caughtUp();
  for (const [what, path] of Object.entries(paths)) {
    const url = new URL(path, server.httpUrl);
    const { micros } = await cpuOfRequests(server.pid, url, rounds);
    const floor = await bareRoute(await get(url, new Agent()), `${dataDir}/body`, rounds);
    rows.push({ part, what: `${settings.kind}, ${what} over REST: CPU`, value: micros, floor, unit: 'µs/request' });
  }
  rows.push(...(await inProcess(settings, rounds)));
  await server.stop();
  return rows;
}

/** Without REST: the query alone, and the page that is made of it. */
async function inProcess(settings: ReadModelSettings, rounds: number): Promise<Row[]> {
  const readModel = await openReadModel({ settings, mode: 'read', log: pino({ enabled: false }) });
  const context = {
    readModel,
    rosters: directRosters,
    peers: createPeerDirectory({ readModel, onUserEvent: () => undefined }),
  };
  const query = { user: seededReader, limit: pageSize };
  const calls = {
    'conversations()': () => readModel.conversations({ ...query, limit: pageSize + 1 }),
    'the friend list': () => readFriendList(context, query),
    'messages()': () => readModel.messages({ conversation: seededConversation, limit: pageSize }),
  };
  const rows: Row[] = [];
  for (const [what, call] of Object.entries(calls)) {
    const times = await timesOf(call, rounds);
    rows.push({ part, what: `${settings.kind}, ${what} of 50 in process: p50`, value: middle(times), unit: 'ms' });
  }
  await readModel.close();
  return rows;
}

async function timesOf(call: () => Promise<unknown>, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = -rounds / 3; round < rounds; round += 1) {
    const at = performance.now();
    await call();
    if (round >= 0) times.push(performance.now() - at);
  }
  return times;
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

async function bareRoute(body: string, file: string, rounds: number): Promise<number> {
  writeFileSync(file, body);
  const child = startNode([...process.execArgv, fileURLToPath(new URL('../lib/bare-route.ts', import.meta.url)), file]);
  const { httpPort } = await waitUntilReady(child);
  const { micros } = await cpuOfRequests(child.pid, new URL(`http://127.0.0.1:${httpPort}`), rounds);
  await child.stop();
  return micros;
}

/** CPU of the process for each request; the first third as many again do not count. */
async function cpuOfRequests(pid: number, url: URL, rounds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const run = (count: number) =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let i = 0; i < count / atOnce; i += 1) await get(url, agent);
      }),
    );
  await run(rounds / 3);
  const before = cpuSeconds(pid);
  await run(rounds);
  const micros = ((cpuSeconds(pid) - before) * 1e6) / rounds;
  agent.destroy();
  return { micros };
}

function get(url: URL, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { 'X-User-Id': seededReader } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(body))));
    });
    sent.on('error', reject).end();
  });
}
