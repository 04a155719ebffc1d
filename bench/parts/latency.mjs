import { runChat } from '../lib/chat-load.mjs';
import { runEcho } from '../lib/echo-load.mjs';
import { withFolder } from '../lib/folder.mjs';
import { startServer } from '../lib/server.mjs';

const pairs = 100;
const size = 120;

/** Time from planned send to delivery at a steady rate that the server can keep up with. */
export async function latency({ folder, quick, say }) {
  const times = quick ? { warmup: 3, seconds: 5 } : { warmup: 10, seconds: 20 };
  const rows = [];
  await withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir);
    for (const rate of [500, 2000]) {
      say(`${rate}/s`);
      const echo = await runEcho({ sockets: pairs * 2, size, rate, ...times });
      const chat = await runChat(server, { pairs, size, rate, ...times });
      for (const [name, key] of [
        ['p50', 'p50'],
        ['p99', 'p99'],
        ['p99.9', 'p999'],
      ]) {
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
