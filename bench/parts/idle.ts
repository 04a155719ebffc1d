import { openIdle } from '../../tools/load/src/idle.ts';
import { runChat } from '../lib/chat-load.ts';
import { withFolder } from '../lib/folder.ts';
import { startServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

/** What a connection costs that only listens: memory, and CPU of everybody else's messages. */
export async function idle({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const [few, many] = quick ? [500, 2_000] : [2_000, 10_000];
  const pairs = 100;
  const times = quick ? { warmup: 2, seconds: 4 } : { warmup: 10, seconds: 10 };
  return withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir, { inspect: true });
    const open = async (idle: number, prefix: string) => {
      say(`opening ${idle} connections`);
      const close = await openIdle({ url: server.url, idle, prefix });
      await server.caughtUp();
      await server.settle();
      return { close, memory: server.memory() };
    };
    // The first ones find a place in memory that the server had to spare; what the others take is what one takes.
    const first = await open(few - 2 * pairs, 'first');
    const rest = await open(many - few, 'rest');
    const atMany = await runChat(server, { pairs, window: 8, ...times });
    first.close();
    rest.close();
    const atPairs = await runChat(server, { pairs, window: 8, ...times });
    await server.stop();
    const part = 'idle';
    const each = (kind: 'anonymous' | 'rss'): number => (rest.memory[kind] - first.memory[kind]) / (many - few);
    const online = (count: number): string => `server CPU, ${count.toLocaleString('en-US')} users online`;
    return [
      { part, what: 'memory of its own', value: each('anonymous'), unit: 'KB/connection' },
      { part, what: 'resident memory', value: each('rss'), unit: 'KB/connection' },
      { part, what: online(2 * pairs), value: atPairs.cpuMicros, unit: 'µs/message' },
      { part, what: online(many), value: atMany.cpuMicros, unit: 'µs/message' },
    ];
  });
}
