import { isFaultless } from '../../tools/load/src/report.ts';
import { runLoad } from '../../tools/load/src/run.ts';
import type { LoadHooks, LoadOptions } from '../../tools/load/src/options.ts';
import type { BenchServer } from './server.ts';

let runs = 0;

/**
 * `weiliao load` against a running server, with the CPU that the server spent on each delivered message: its whole
 * process, from the start of the measured time until the read model held the last message.
 */
export async function runChat(
  server: BenchServer,
  options: Partial<LoadOptions> & Pick<LoadOptions, 'seconds' | 'warmup'>,
  hooks: LoadHooks = {},
) {
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
