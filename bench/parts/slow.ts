import { seeFrame } from '../../tools/load/src/frames.ts';
import { Handshake } from '../../tools/load/src/handshake.ts';
import { LoadSocket } from '../../tools/load/src/socket.ts';
import { runChat } from '../lib/chat-load.ts';
import { withFolder } from '../lib/folder.ts';
import { startServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

interface Load {
  readonly pairs: number;
  readonly idle: number;
  readonly rate: number;
  readonly warmup: number;
  readonly seconds: number;
}

/** The flood towards the one reader: bytes of a message, messages every 10 ms. 2 MB a second. */
const floodBytes = 4_000;
const floodPerTick = 5;
const floodTickMs = 10;

/** What everybody else notices of one socket that takes nothing of the much that it is sent. */
export async function slow({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const load = quick
    ? { pairs: 200, idle: 1_600, rate: 500, warmup: 2, seconds: 5 }
    : { pairs: 1_000, idle: 8_000, rate: 1_000, warmup: 5, seconds: 15 };
  const best = { reading: Infinity, notReading: Infinity };
  let closed = Infinity;
  // In turns, and the better of two: the difference is to be the socket's, not the machine's.
  for (let round = 0; round < (quick ? 1 : 2); round += 1) {
    say(`round ${round + 1}`);
    const reading = await othersP99(folder, load, true);
    const notReading = await othersP99(folder, load, false);
    best.reading = Math.min(best.reading, reading.p99);
    best.notReading = Math.min(best.notReading, notReading.p99);
    closed = Math.min(closed, notReading.closed);
  }
  const part = 'slow';
  return [
    { part, what: 'all read: p99 of the others', value: best.reading, unit: 'ms' },
    { part, what: 'one never reads: p99 of the others', value: best.notReading, unit: 'ms' },
    { part, what: 'one never reads: closed with 4008', value: closed, unit: 'sockets' },
  ];
}

async function othersP99(folder: string, load: Load, reads: boolean): Promise<{ p99: number; closed: number }> {
  return withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir);
    const stop = await flood(server.url, reads);
    const { latencyMs } = await runChat(server, load);
    stop();
    const closed = (await server.metrics()).get('weiliao_closes_total{code="4008"}') ?? 0;
    await server.stop();
    return { p99: latencyMs.p99, closed };
  });
}

/** One user writes to another without end; the other reads it, or stops reading once it is connected. */
async function flood(url: URL, reads: boolean): Promise<() => void> {
  const [writer, reader] = [await online(url, 'flood-writer'), await online(url, 'flood-reader')];
  if (!reads) reader.pause();
  const msg = 'x'.repeat(floodBytes);
  let count = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < floodPerTick; i += 1) {
      writer.queue(JSON.stringify({ type: 'send', id: `flood-${count++}`, to: 'flood-reader', msg }));
    }
    writer.flush();
  }, floodTickMs);
  return () => {
    clearInterval(timer);
    writer.close();
    reader.close();
  };
}

async function online(url: URL, user: string): Promise<LoadSocket> {
  const handshake = new Handshake(user);
  const socket = new LoadSocket({
    url,
    onText: (text) => {
      if (!handshake.done && seeFrame(text).type === 'welcome') handshake.welcomed();
    },
    onClose: () => undefined,
  });
  await handshake.run(socket);
  return socket;
}
