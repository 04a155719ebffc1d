import { runChat } from '../lib/chat-load.ts';
import { runEcho } from '../lib/echo-load.ts';
import { withFolder } from '../lib/folder.ts';
import { startServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

const pairs = 100;
const size = 120;

/** Time from planned send to delivery at a steady rate that the server can keep up with. */
export async function latency({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const times = quick ? { warmup: 3, seconds: 5 } : { warmup: 10, seconds: 20 };
  const rows: Row[] = [];
  await withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir);
    for (const rate of [500, 2000]) {
      say(`${rate}/s`);
      const echo = await runEcho({ sockets: pairs * 2, size, pace: { rate }, ...times });
      const chat = await runChat(server, { pairs, size, rate, ...times });
      for (const [name, key] of [
        ['p50', 'p50'],
        ['p99', 'p99'],
        ['p99.9', 'p999'],
      ] as const) {
        const [value, floor] = [chat.latencyMs[key], echo.latencyMs[key]];
        rows.push({ part: 'latency', what: `${rate}/s: ${name}`, value, floor, unit: 'ms' });
      }
      const [value, floor] = [chat.cpuMicros, echo.cpuMicros];
      rows.push({ part: 'latency', what: `${rate}/s: server CPU`, value, floor, unit: 'µs/message' });
    }
    await server.stop();
  });
  return rows;
}
