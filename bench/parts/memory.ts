import { openIdle } from '../../tools/load/src/idle.ts';
import { runChat } from '../lib/chat-load.ts';
import { withFolder } from '../lib/folder.ts';
import { startServer } from '../lib/server.ts';
import type { BenchServer } from '../lib/server.ts';
import type { LoadProgress } from '../../tools/load/src/options.ts';
import type { PartOptions, Row } from '../lib/part.ts';

/** Resident memory of the server: at start, with everybody online, after many messages. */
export async function memory({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const [connections, messages] = quick ? [2_000, 100_000] : [10_000, 1_000_000];
  return withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir, { inspect: true });
    const rows: Row[] = [];
    const note = async (what: string): Promise<void> => {
      await server.settle();
      rows.push({ part: 'memory', what, value: server.memory().rss / 1024, unit: 'MB' });
    };
    await note('at start');
    say(`opening ${connections} connections`);
    const close = await openIdle({ url: server.url, idle: connections, prefix: 'memory' });
    await note(`${connections.toLocaleString('en-US')} connections`);
    close();
    say(`sending ${messages} messages`);
    await sendMany(server, messages);
    await note(`after ${messages.toLocaleString('en-US')} messages`);
    await server.stop();
    return rows;
  });
}

async function sendMany(server: BenchServer, messages: number): Promise<void> {
  const enough = new AbortController();
  const onProgress = ({ delivered }: LoadProgress): void => {
    if (delivered >= messages) enough.abort();
  };
  const load = { pairs: 100, window: 32, warmup: 0, seconds: 3_600 };
  await runChat(server, load, { onProgress, signal: enough.signal });
}
