import { runChat } from '../lib/chat-load.ts';
import { runEcho } from '../lib/echo-load.ts';
import { withFolder } from '../lib/folder.ts';
import { startServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

const pairs = 100;
const size = 120;

/** Delivered messages a second, and what each costs the server, with ever more messages under way. */
export async function cpu({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const times = quick ? { warmup: 2, seconds: 4 } : { warmup: 10, seconds: 15 };
  const rows: Row[] = [];
  await withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir);
    for (const window of [1, 8, 32]) {
      say(`window ${window}`);
      const echo = await runEcho({ sockets: pairs * 2, size, pace: { window }, ...times });
      const chat = await runChat(server, { pairs, size, window, ...times });
      const what = `window ${window}`;
      rows.push(
        { part: 'cpu', what: `${what}: delivered`, value: chat.perSecond, floor: echo.perSecond, unit: 'messages/s' },
        { part: 'cpu', what: `${what}: server CPU`, value: chat.cpuMicros, floor: echo.cpuMicros, unit: 'µs/message' },
        { part: 'cpu', what: `${what}: p99`, value: chat.latencyMs.p99, floor: echo.latencyMs.p99, unit: 'ms' },
      );
    }
    await server.stop();
  });
  return rows;
}
