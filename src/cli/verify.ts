import type { Command } from 'commander';
import { followEventStore } from '../event-store/follow-event-store.ts';
import { onEndWish } from '../process/end-wish.ts';
import { verify } from '../projections/verify.ts';
import { givenConfig } from './given-config.ts';
import { printDifferences } from './differences.ts';
import { InterruptedError } from './fault.ts';
import { createProgress } from './progress.ts';

/** Adds `weiliao verify`. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('recompute from the log: revisions and seqs without gaps, the read model equal to the log')
    .action(run);
}

/** Prints each difference as it is found; exit 1 where there is one, 3 where it could not be found out. */
async function run(): Promise<void> {
  const { log: source, readModel } = givenConfig();
  const stop = new AbortController();
  const unheard = onEndWish(() => stop.abort(new InterruptedError('interrupted before the end')));
  const store = await followEventStore(source);
  const progress = createProgress('verifying', 'events');
  let found = 0;
  try {
    const differences = verify({
      store,
      source,
      readModel,
      signal: stop.signal,
      onProgress: ({ position, upTo }) => progress.show(position, upTo),
    });
    for await (const difference of differences) {
      found += 1;
      printDifferences([difference]);
    }
  } finally {
    progress.end();
    await store.close();
    unheard();
  }
  process.stdout.write(found === 0 ? 'verified: no difference\n' : `verified: ${found} differences\n`);
  if (found > 0) process.exitCode = 1;
}
