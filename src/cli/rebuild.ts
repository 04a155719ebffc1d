import { Option } from 'commander';
import type { Command } from 'commander';
import type { LogSettings } from '../shared/config.ts';
import { createLogger } from '../shared/logger.ts';
import { followEventStore } from '../event-store/follow-event-store.ts';
import { beginEpoch } from '../event-store/log-identity.ts';
import { openForOneWrite } from '../event-store/open-event-store.ts';
import { LossRefusedError, rebuild } from '../projections/rebuild.ts';
import type { Loss, RebuildResult } from '../projections/rebuild.ts';
import { onEndWish } from '../process/end-wish.ts';
import { projections } from '../read-model/construction.ts';
import type { Projection } from '../read-model/construction.ts';
import { givenConfig } from './given-config.ts';
import { printDifferences } from './differences.ts';
import { InterruptedError } from './fault.ts';
import { createProgress } from './progress.ts';

interface Flags {
  readonly projection?: Projection;
  readonly acceptLoss?: boolean;
}

/** Adds `weiliao rebuild`. */
export function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('build the read model anew from the log beside the one in use, compare them, put the new one in use')
    .addOption(new Option('--projection <name>', 'only this one; the others stay as they are').choices(projections))
    .option('--accept-loss', 'also where the log has gaps, after a list of what will be lost')
    .action(run);
}

async function run({ projection, acceptLoss = false }: Flags, command: Command): Promise<void> {
  const { log: source, readModel } = givenConfig();
  if (projection !== undefined && readModel.kind !== 'embedded') {
    command.error('--projection: in MongoDB the projections are built together; leave it out');
  }
  const stop = new AbortController();
  const unheard = onEndWish(() => stop.abort(new InterruptedError('interrupted; nothing was changed')));
  const store = await followEventStore(source);
  const progress = createProgress('rebuilding', 'events');
  try {
    const result = await rebuild({
      store,
      source,
      readModel,
      projection,
      log: createLogger('error'),
      acceptsLoss(loss) {
        progress.end();
        printLoss(loss, acceptLoss);
        return acceptLoss;
      },
      signal: stop.signal,
      onProgress: ({ position, upTo }) => progress.show(position, upTo),
    });
    progress.end();
    if (result.wasOfAnotherLog) await beginEpochOf(source);
    process.stdout.write(`${describe(result)}\n`);
    printDifferences(result.differences);
    for (const [stream, revision] of result.stopped) {
      process.stdout.write(`stands still: ${stream}, whose revision ${revision} cannot be read\n`);
    }
  } catch (error) {
    if (!(error instanceof LossRefusedError)) throw error;
    process.stderr.write(`weiliao: ${error.message}\n`);
    process.exitCode = 1;
  } finally {
    progress.end();
    await store.close();
    unheard();
  }
}

/** Places of before that clients still hold are then known to be of before. */
async function beginEpochOf(source: LogSettings): Promise<void> {
  const store = await openForOneWrite(source);
  try {
    await beginEpoch(store, 'a read model of another log, or of a later state of this one, was replaced');
  } finally {
    await store.close();
  }
}

function printLoss({ gaps, differences, incomparable }: Loss, accepted: boolean): void {
  process.stdout.write('the log has gaps:\n');
  printDifferences(gaps);
  if (incomparable !== undefined) process.stdout.write(`${incomparable}: what it holds cannot be told\n`);
  else process.stdout.write(`what ${accepted ? 'will' : 'would'} be lost or change:\n`);
  printDifferences(differences);
}

function describe(result: RebuildResult): string {
  const { events, seconds, comparedAt, wasOfAnotherLog, incomparable, differences, unknown, foreign } = result;
  const pace = `${events} events in ${seconds.toFixed(2)} s, ${Math.round(events / seconds)} events/s`;
  const left = leftAside(unknown, 'unknown kinds') + leftAside(foreign, 'streams that are not ours');
  if (wasOfAnotherLog)
    return `rebuilt: ${pace}${left}\nthe one before was not of this log as it is; a new epoch begins; now in use`;
  if (incomparable !== undefined) return `rebuilt: ${pace}${left}\n${incomparable}; the new one is now in use`;
  if (comparedAt === undefined) return `rebuilt: ${pace}${left}\nthere was no read model to compare with; now in use`;
  const found = differences.length === 0 ? 'equal' : `different in ${differences.length} places`;
  return `rebuilt: ${pace}${left}\ncompared with the one before at position ${comparedAt}: ${found}; now in use`;
}

function leftAside(count: number, what: string): string {
  return count > 0 ? `\n${count} events of ${what} were left aside` : '';
}
