import type { LogSettings, ReadModelSettings } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { Projection } from '../read-model/construction.ts';
import { openConstruction } from '../read-model/open-construction.ts';
import { compareWithLive, createBuilder } from './build.ts';
import type { Build, BuildProgress, Counts } from './build.ts';
import type { Difference } from './compare.ts';

export interface RebuildOptions {
  /** The log; it may be written, and applied, meanwhile. */
  readonly store: EventStore;
  /** Where that log is: an embedded one is then read by several threads. */
  readonly source?: LogSettings;
  readonly readModel: ReadModelSettings;
  /** Build this projection only; the others are taken over as they are. Default: all. Embedded read models only. */
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

const mostDifferences = 1_000;

/**
 * Builds the read model anew from the log, beside the one in use, compares the two at the same position and puts the new
 * one in use, whether or not they were equal. Servers go over to it by themselves; without one it works as well.
 *
 * Throws `OperatorError` (another one is being built, no server, nothing to take the other projections from),
 * `LogDamagedError`, `UnreadableEventError`, `ReadModelUnavailableError` (disk full, no answer) and the signal's reason.
 * What is in use is right then, too.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  const { store, source, readModel: settings, projection, signal, onProgress } = options;
  const construction = await openConstruction({ settings, projection });
  try {
    const result = await build({ store, source, construction, signal, onProgress });
    tell(result, options);
    return result;
  } finally {
    await construction.end();
  }
}

async function build(build: Build): Promise<RebuildResult> {
  const { store, construction } = build;
  const begun = performance.now();
  const builder = await createBuilder(build);
  const compared = await compareWithLive(build, builder);
  const differences: Difference[] = [];
  for await (const difference of compared?.differences ?? []) {
    if (differences.push(difference) >= mostDifferences) break;
  }
  await builder.goOnTo(await store.lastPosition());
  await construction.hold();
  await builder.goOnTo(await store.lastPosition());
  await construction.putInUse(builder.position());
  const seconds = (performance.now() - begun) / 1_000;
  return { ...builder.counts(), seconds, comparedAt: compared?.at, differences };
}

function tell({ differences, ...result }: RebuildResult, { log, projection }: RebuildOptions): void {
  for (const { kind, where, fields } of differences) {
    log.warn({ kind, where, fields }, 'read model was not what the log says');
  }
  log.info({ projection, ...result, differences: differences.length }, 'read model rebuilt');
}
