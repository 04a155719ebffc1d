import type { LogSettings } from '../shared/config.ts';
import { followEventStore } from '../event-store/follow-event-store.ts';
import type { Logger } from '../shared/logger.ts';
import type { Projection } from '../read-model/embedded/bulk-writer.ts';
import { beginConstruction } from '../read-model/embedded/construction.ts';
import { translate } from '../read-model/embedded/sqlite-errors.ts';
import { bulkEnd, fillInBulk, freezeLive, takeOver } from './build.ts';
import type { Build, BuildProgress, Counts } from './build.ts';
import type { Difference } from './compare.ts';
import { aheadOfLog, differencesOf } from './embedded-check.ts';

export interface RebuildOptions {
  /** Folder of the read model. */
  readonly dataDir: string;
  /** Default: the embedded log in the same folder. */
  readonly source?: LogSettings;
  /** Build this projection only; the others are taken over as they are. Default: all. */
  readonly projection?: Projection | undefined;
  readonly log: Logger;
  /** Ends the rebuild early: nothing is changed then. */
  readonly signal?: AbortSignal;
  /** At every stretch of the log. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

export interface RebuildResult extends Counts {
  /** From the first event read until the new read model was in use. */
  readonly seconds: number;
  /** Position at which it was compared with the read model in use; undefined where there was none. */
  readonly comparedAt: number | undefined;
  /** Where the read model that was in use was not what the log says; the first thousand. */
  readonly differences: readonly Difference[];
}

export const mostDifferences = 1_000;

/**
 * Builds the embedded read model anew from the log, beside the one in use, compares the two at the same position and
 * puts the new one in use, whether or not they were equal. A running server goes over to it without a gap; without one
 * it works as well.
 *
 * Throws `OperatorError` (another one is being built, no log, nothing to take the other projections from),
 * `LogDamagedError`, `UnreadableEventError`, `ReadModelUnavailableError` (disk full) and the signal's reason; nothing
 * is changed then.
 */
export async function rebuildEmbedded(options: RebuildOptions): Promise<RebuildResult> {
  const { dataDir, signal, onProgress, source = { kind: 'embedded', dataDir } } = options;
  const store = await followEventStore(source);
  try {
    const construction = beginConstruction(options);
    try {
      return await rebuild(options, { source, store, construction, signal, onProgress });
    } finally {
      construction.end();
    }
  } catch (error) {
    throw translate(error);
  } finally {
    await store.close();
  }
}

async function rebuild({ log, projection }: RebuildOptions, build: Build): Promise<RebuildResult> {
  const { store, construction } = build;
  const begun = performance.now();
  let position = await bulkEnd(build);
  let counts = await fillInBulk(build, position);

  async function goOnTo(upTo: number): Promise<void> {
    const { events, unknown } = await takeOver(build, { after: position, upTo });
    counts = { events: counts.events + events, unknown: counts.unknown + unknown };
    position = upTo;
  }

  const { comparedAt, differences } = await compareWithLive(build, position, goOnTo);
  for (let end = await store.lastPosition(); position < end; end = await store.lastPosition()) await goOnTo(end);
  construction.putInUse();
  const seconds = (performance.now() - begun) / 1_000;
  for (const { kind, where } of differences) log.warn({ kind, where }, 'read model was not what the log says');
  log.info({ projection, ...counts, seconds, comparedAt, differences: differences.length }, 'read model rebuilt');
  return { ...counts, seconds, comparedAt, differences };
}

async function compareWithLive(
  build: Build,
  position: number,
  goOnTo: (upTo: number) => Promise<void>,
): Promise<Pick<RebuildResult, 'comparedAt' | 'differences'>> {
  const found = await freezeLive(build, position);
  if (found === undefined) return { comparedAt: undefined, differences: [] };
  const { live, ahead } = found;
  try {
    if (ahead) return { comparedAt: undefined, differences: [aheadOfLog(live, await build.store.lastPosition())] };
    await goOnTo(live.checkpoint);
    const differences: Difference[] = [];
    for await (const difference of differencesOf(build.construction.scans, live)) {
      if (differences.push(difference) >= mostDifferences) break;
    }
    return { comparedAt: live.checkpoint, differences };
  } finally {
    live.release();
  }
}
