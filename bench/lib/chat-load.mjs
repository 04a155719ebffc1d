import { isFaultless } from '../../tools/load/dist/report.js';
import { runLoad } from '../../tools/load/dist/run.js';

let runs = 0;

/**
 * `weiliao load` against a running server, with the CPU that the server spent on each delivered message: its whole
 * process, from the start of the measured time until the read model held the last message.
 * @param {Awaited<ReturnType<import('./server.mjs').startServer>>} server
 * @param {Partial<import('../../tools/load/dist/options.js').LoadOptions>} options
 * @param {import('../../tools/load/dist/run.js').LoadHooks} [hooks]
 */
export async function runChat(server, options, hooks = {}) {
  const defaults = { pairs: 100, window: 8, size: 120, idle: 0, grace: 30, prefix: `bench${runs++}` };
  let before = { cpu: server.cpu(), delivered: 0 };
  const report = await runLoad(
    { ...defaults, url: server.url, ...options },
    { ...hooks, onMeasure: (delivered) => (before = { cpu: server.cpu(), delivered }) },
  );
  await server.caughtUp();
  const cpuMicros = ((server.cpu() - before.cpu) * 1e6) / (report.delivered - before.delivered);
  if (!isFaultless(report)) console.error(`bench: the load found faults: ${JSON.stringify(report)}`);
  return { perSecond: report.deliveredPerSecond, cpuMicros, latencyMs: report.latencyMs, report };
}
