import type { EventStore } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import { beginMongoConstruction } from '../read-model/mongodb/construction.ts';
import type { BuildProgress } from './build.ts';
import { aheadOfLog } from './embedded-check.ts';
import { createMongoFiller } from './mongo-build.ts';
import type { MongoBuild, MongoFiller } from './mongo-build.ts';
import { compareWithLive } from './mongo-check.ts';
import { mostDifferences } from './rebuild.ts';
import type { RebuildResult } from './rebuild.ts';

export interface MongoRebuildOptions {
  /** The log; a projector may be applying it meanwhile. */
  readonly store: EventStore;
  readonly url: string;
  readonly log: Logger;
  /** What operators are told builds. Default: host and process id. */
  readonly holder?: string;
  /** Ends the rebuild early: nothing is changed then. */
  readonly signal?: AbortSignal;
  /** At every stretch of the log. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Builds the read model in MongoDB anew from the log, in collections beside those in use, compares the two and puts the
 * new ones in use, whether or not they were equal. Projectors stand still for the moment of the change and go on by
 * themselves; readers find the one or the other, and never an older state than before.
 *
 * Throws `OperatorError` (another one is being built, no server), `LogDamagedError`, `UnreadableEventError`,
 * `ReadModelUnavailableError` and the signal's reason; what is in use is right then, too.
 */
export async function rebuildMongo(options: MongoRebuildOptions): Promise<RebuildResult> {
  const { store, signal, onProgress, log } = options;
  const construction = await beginMongoConstruction(options);
  try {
    const result = await rebuild({ store, construction, signal, onProgress });
    const { differences, ...rest } = result;
    for (const { kind, where } of differences) log.warn({ kind, where }, 'read model was not what the log says');
    log.info({ ...rest, differences: differences.length }, 'read model rebuilt');
    return result;
  } finally {
    await construction.end();
  }
}

async function rebuild(build: MongoBuild): Promise<RebuildResult> {
  const { store, construction } = build;
  const begun = performance.now();
  const filler = createMongoFiller(build);
  const compared = await compareFirst(build, filler);
  await filler.goOnTo(await store.lastPosition());
  await construction.freeze();
  await filler.goOnTo(await store.lastPosition());
  await construction.putInUse(filler.position);
  return { ...filler.counts, seconds: (performance.now() - begun) / 1_000, ...compared };
}

async function compareFirst(
  build: MongoBuild,
  filler: MongoFiller,
): Promise<Pick<RebuildResult, 'comparedAt' | 'differences'>> {
  const checkpoint = await build.construction.liveCheckpoint();
  const logEnd = await build.store.lastPosition();
  if (checkpoint === undefined) return { comparedAt: undefined, differences: [] };
  if (checkpoint > logEnd) return { comparedAt: undefined, differences: [aheadOfLog({ checkpoint }, logEnd)] };
  await filler.goOnTo(checkpoint);
  const { at, differences } = await compareWithLive(build, filler);
  return { comparedAt: at, differences: differences.slice(0, mostDifferences) };
}
