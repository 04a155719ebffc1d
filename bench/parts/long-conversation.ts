import { Agent, request } from 'node:http';
import { startNode } from '../lib/child.ts';
import { diskBytes, withFolder } from '../lib/folder.ts';
import { seed, seededConversation, seededReader } from '../lib/seed.ts';
import { mainPath, startServer } from '../lib/server.ts';
import type { BenchServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

/**
 * What grows with the log: history pages, start, disk, rebuild. One conversation that long is filled once, and only the
 * wanted parts are measured on it.
 */
export async function longConversation({ folder, quick, say, wanted }: PartOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of quick ? [100_000] : [100_000, 1_000_000]) {
    await withFolder(folder, async (dataDir) => {
      say(`filling a conversation with ${count} messages`);
      await seed(dataDir, count);
      const of = `${count.toLocaleString('en-US')} messages`;
      const first = await startServer(dataDir);
      await first.caughtUp();
      if (wanted.has('history')) rows.push(...(await history(first, count, of)));
      await first.stop();
      if (wanted.has('startup')) rows.push(await startUp(dataDir, of));
      if (wanted.has('disk')) rows.push(...disk(dataDir, count, of));
      if (!wanted.has('rebuild')) return;
      say(`rebuilding ${of}`);
      rows.push(await rebuild(dataDir, count, of));
    });
  }
  return rows;
}

const pageSize = 50;
const requests = 300;

async function history(server: BenchServer, count: number, of: string): Promise<Row[]> {
  const places = { newest: '', middle: `&before=${count / 2}`, oldest: `&before=${pageSize + 1}` };
  const rows: Row[] = [];
  for (const [place, query] of Object.entries(places)) {
    const path = `/v1/conversations/${encodeURIComponent(seededConversation)}/messages?limit=${pageSize}${query}`;
    const times = await timeRequests(new URL(path, server.httpUrl));
    rows.push(
      { part: 'history', what: `${of}, ${place} page: p50`, value: times[Math.floor(requests / 2)] ?? NaN, unit: 'ms' },
      {
        part: 'history',
        what: `${of}, ${place} page: p99`,
        value: times[Math.floor(requests * 0.99)] ?? NaN,
        unit: 'ms',
      },
    );
  }
  return rows;
}

/** Milliseconds of each request, ascending, on one kept connection. The first hundred do not count. */
async function timeRequests(url: URL): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let i = -100; i < requests; i += 1) {
    const at = performance.now();
    const { items } = JSON.parse(await get(url, agent)) as { items: unknown[] };
    if (i >= 0) times.push(performance.now() - at);
    if (items.length !== pageSize) throw new Error(`${url.href} answered ${items.length} messages`);
  }
  agent.destroy();
  return times.sort((a, b) => a - b);
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

async function startUp(dataDir: string, of: string): Promise<Row> {
  const server = await startServer(dataDir);
  await server.stop();
  return { part: 'startup', what: `${of}: until ready`, value: server.startMs, unit: 'ms' };
}

function disk(dataDir: string, count: number, of: string): Row[] {
  const { log, readModel } = diskBytes(dataDir);
  return [
    { part: 'disk', what: `${of}: log`, value: log / count, unit: 'bytes/message' },
    { part: 'disk', what: `${of}: read model`, value: readModel / count, unit: 'bytes/message' },
  ];
}

async function rebuild(dataDir: string, count: number, of: string): Promise<Row> {
  const at = performance.now();
  const child = startNode([mainPath, 'rebuild'], { DATA_DIR: dataDir });
  const code = await child.finish();
  if (code !== 0) throw new Error(`rebuild ended with ${code}: ${child.stderr()}`);
  const seconds = (performance.now() - at) / 1000;
  return { part: 'rebuild', what: `${of}: whole read model`, value: count / seconds, unit: 'events/s' };
}
