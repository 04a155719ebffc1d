import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { startNode, waitUntilReady } from './child.ts';
import type { NodeProcess } from './child.ts';
import { cpuSeconds, memoryKb } from './process-stats.ts';

export const mainPath = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Milliseconds that the read model may take to reach the end of the log. */
const catchUpMs = 600_000;

export interface ServerOptions {
  /** So that `settle` works. */
  readonly inspect?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export type BenchServer = Awaited<ReturnType<typeof startServer>>;

/** The server under test, in a process of its own. */
export async function startServer(dataDir: string, { inspect = false, env = {} }: ServerOptions = {}) {
  const startedAt = performance.now();
  const child = startNode(
    ['--max-semi-space-size=32', ...(inspect ? ['--inspect=127.0.0.1:0'] : []), mainPath, 'start'],
    {
      HTTP_PORT: '0',
      WS_PORT: '0',
      DATA_DIR: dataDir,
      DRAIN_MS: '0',
      ...env,
    },
  );
  const ready = await waitUntilReady(child);
  const http = `http://127.0.0.1:${String(ready.httpPort)}`;
  const metrics = (): Promise<Map<string, number>> => readMetrics(`${http}/metrics`);
  return {
    pid: child.pid,
    /** Milliseconds from spawn to ready. */
    startMs: performance.now() - startedAt,
    /** Of a gateway. */
    url: new URL(`ws://127.0.0.1:${String(ready.wsPort ?? 0)}/v1/ws`),
    httpUrl: new URL(http),
    cpu: () => cpuSeconds(child.pid),
    memory: () => memoryKb(child.pid),
    metrics,
    /** Resolves once the read model holds all that the log holds. */
    caughtUp: () => waitUntilCaughtUp(metrics),
    /** Collects garbage and waits until memory stands still, so that two readings can be compared. */
    settle: () => settle(child),
    stop: () => child.stop(),
  };
}

/** By name, labels included. */
async function readMetrics(url: string): Promise<Map<string, number>> {
  const response = await fetch(url);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const cut = line.lastIndexOf(' ');
      return [line.slice(0, cut), Number(line.slice(cut + 1))];
    }),
  );
}

async function waitUntilCaughtUp(read: () => Promise<Map<string, number>>): Promise<void> {
  const deadline = performance.now() + catchUpMs;
  for (;;) {
    const metrics = await read();
    const position = metrics.get('weiliao_projection_position{consumer="read-model"}') ?? NaN;
    const lag = metrics.get('weiliao_projection_lag_events{consumer="read-model"}');
    if (position >= (metrics.get('weiliao_log_position') ?? NaN) && lag === 0) return;
    if (performance.now() > deadline) throw new Error(`the read model stands still at position ${position}`);
    await delay(50);
  }
}

async function settle(child: NodeProcess): Promise<void> {
  const url = /ws:\/\/\S+/.exec(child.stderr())?.[0];
  if (url === undefined) throw new Error('the server has no inspector');
  const inspector = new WebSocket(url);
  await new Promise((resolve, reject) => inspector.once('open', resolve).once('error', reject));
  try {
    let before = Infinity;
    for (let round = 0; round < 20; round += 1) {
      inspector.send(JSON.stringify({ id: round, method: 'HeapProfiler.collectGarbage' }));
      await new Promise((resolve) => inspector.once('message', resolve));
      await delay(500);
      const { anonymous } = memoryKb(child.pid);
      if (anonymous > before * 0.995) return;
      before = anonymous;
    }
  } finally {
    inspector.close();
  }
}
