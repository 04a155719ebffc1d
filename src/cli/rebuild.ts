import { Option } from 'commander';
import type { Command } from 'commander';
import { readConfig } from '../shared/config.ts';
import type { LogSettings } from '../shared/config.ts';
import { createLogger } from '../shared/logger.ts';
import { OperatorError } from '../shared/errors.ts';
import { followEventStore } from '../event-store/follow-event-store.ts';
import { rebuildEmbedded } from '../projections/rebuild.ts';
import type { RebuildOptions, RebuildResult } from '../projections/rebuild.ts';
import { printDifferences } from './differences.ts';
import { createProgress } from './progress.ts';

const projections = ['message', 'conversation', 'user'] as const;

interface Flags {
  readonly projection?: (typeof projections)[number];
}

/** Adds `weiliao rebuild`. */
export function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('build the read model anew from the log beside the one in use, compare them, put the new one in use')
    .addOption(new Option('--projection <name>', 'only this one; the others stay as they are').choices(projections))
    .action(rebuild);
}

async function rebuild({ projection }: Flags): Promise<void> {
  const { dataDir, log: source, readModel } = readConfig();
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error('interrupted; nothing was changed'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = createProgress('rebuilding', 'events');
  try {
    const options: RebuildOptions = {
      dataDir,
      source,
      projection,
      log: createLogger('error'),
      signal: stop.signal,
      onProgress: ({ position, upTo }) => progress.show(position, upTo),
    };
    const result = await (readModel.kind === 'embedded'
      ? rebuildEmbedded(options)
      : rebuildInMongo(readModel.url, source, options));
    progress.end();
    process.stdout.write(`${describe(result)}\n`);
    printDifferences(result.differences);
  } finally {
    progress.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function rebuildInMongo(
  url: string,
  source: LogSettings,
  { projection, log, signal, onProgress }: RebuildOptions,
): Promise<RebuildResult> {
  if (projection !== undefined) {
    throw new OperatorError('--projection: in MongoDB the projections are built together; leave it out');
  }
  const { rebuildMongo } = await import('../projections/mongo-rebuild.ts');
  const store = await followEventStore(source);
  try {
    return await rebuildMongo({ store, url, log, ...(signal && { signal }), ...(onProgress && { onProgress }) });
  } finally {
    await store.close();
  }
}

function describe({ events, seconds, comparedAt, differences, unknown }: RebuildResult): string {
  const pace = `${events} events in ${seconds.toFixed(2)} s, ${Math.round(events / seconds)} events/s`;
  const left = unknown > 0 ? `\n${unknown} events of unknown kinds were left aside` : '';
  if (comparedAt === undefined) return `rebuilt: ${pace}${left}\nthere was no read model to compare with; now in use`;
  const found = differences.length === 0 ? 'equal' : `different in ${differences.length} places`;
  return `rebuilt: ${pace}${left}\ncompared with the one before at position ${comparedAt}: ${found}; now in use`;
}
