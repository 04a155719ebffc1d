import { openIdle } from '../../dist/cli/load-idle.js';
import { runChat } from '../lib/chat-load.mjs';
import { withFolder } from '../lib/folder.mjs';
import { startServer } from '../lib/server.mjs';

/** What a connection costs that only listens: memory, and CPU of everybody else's messages. */
export async function idle({ folder, quick, say }) {
  const connections = quick ? 2_000 : 10_000;
  const pairs = 100;
  const times = quick ? { warmup: 2, seconds: 4 } : { warmup: 10, seconds: 10 };
  const opened = connections - 2 * pairs;
  return withFolder(folder, async (dataDir) => {
    const server = await startServer(dataDir, { inspect: true });
    // First on a server that did nothing yet: later it has spare memory to place connections in.
    await server.settle();
    const before = server.memory();
    say(`opening ${opened} connections`);
    const close = await openIdle({ url: server.url, idle: opened, prefix: 'idle' });
    await server.caughtUp();
    await server.settle();
    const after = server.memory();
    const many = await runChat(server, { pairs, window: 8, ...times });
    close();
    const few = await runChat(server, { pairs, window: 8, ...times });
    await server.stop();
    const part = 'idle';
    const online = (count) => `server CPU, ${count.toLocaleString('en-US')} users online`;
    return [
      { part, what: 'memory of its own', value: (after.anonymous - before.anonymous) / opened, unit: 'KB/connection' },
      { part, what: 'resident memory', value: (after.rss - before.rss) / opened, unit: 'KB/connection' },
      { part, what: online(2 * pairs), value: few.cpuMicros, unit: 'µs/message' },
      { part, what: online(connections), value: many.cpuMicros, unit: 'µs/message' },
    ];
  });
}
