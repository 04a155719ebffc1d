import type { LogSettings, ReadModelSettings } from '../shared/config.ts';
import { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { landmarkAt } from '../event-store/log-identity.ts';
import { IncomparableError } from '../read-model/construction.ts';
import type { Projection } from '../read-model/construction.ts';
import { openConstruction } from '../read-model/open-construction.ts';
import { compareWithLive, createBuilder } from './build.ts';
import type { Build, Builder, BuildProgress, Counts } from './build.ts';
import type { Difference } from './compare.ts';
import { patientStore } from './patient-store.ts';
import { checkLog } from './verify-log.ts';

export interface RebuildOptions {
  /** The log; it may be written, and applied, meanwhile. */
  readonly store: EventStore;
  /** Where that log is: an embedded one is then read by several threads. */
  readonly source?: LogSettings;
  readonly readModel: ReadModelSettings;
  /** Build this projection only; the others are taken over as they are. Default: all. Embedded read models only. */
  readonly projection?: Projection | undefined;
  readonly log: Logger;
  /**
   * Asked where the log has gaps and the read model in use holds what it does not give any more: the last copy. False:
   * nothing is changed. Default: false.
   */
  readonly acceptsLoss?: ((loss: Loss) => boolean) | undefined;
  /** Ends the rebuild early: nothing is changed then. */
  readonly signal?: AbortSignal;
  /** At every stretch of the log. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/** What is known of the read model in use before it is replaced. */
interface Compared {
  /** Position at which the two were compared; undefined where that could not be done. */
  readonly comparedAt: number | undefined;
  /** Why there is one that could not be compared. */
  readonly incomparable: string | undefined;
  /** Where it is not what the log says; the first thousand. */
  readonly differences: readonly Difference[];
}

export interface RebuildResult extends Counts, Compared {
  /** From the first event read until the new read model was in use. */
  readonly seconds: number;
  /** True where the one that was in use was of another log, or of a later state of this one. */
  readonly wasOfAnotherLog: boolean;
  /** Streams that stand still in the new one, each with the revision of the event that cannot be read. */
  readonly stopped: ReadonlyMap<string, number>;
}

const mostDifferences = 1_000;

/** What would be lost if the read model in use were replaced; of each the first thousand. */
export interface Loss extends Pick<Compared, 'differences' | 'incomparable'> {
  /** What is wrong with the log. */
  readonly gaps: readonly Difference[];
}

/** The log has gaps: what is in use stays. */
export class LossRefusedError extends OperatorError {
  constructor({ gaps, differences, incomparable }: Loss) {
    super(
      `refused: the log has gaps in ${count(gaps)} places, and ` +
        (incomparable ?? `the read model in use differs from it in ${count(differences)}`) +
        `: it may be the last copy of what is missing. Nothing was changed; --accept-loss does it`,
    );
    this.name = 'LossRefusedError';
  }
}

function count({ length }: readonly unknown[]): string {
  return length < mostDifferences ? String(length) : `${length} or more`;
}

/**
 * Builds the read model anew from the log, beside the one in use, compares the two at the same position and puts the new
 * one in use, equal or not; but not where the log has gaps and they are not equal, unless that is accepted. Servers go
 * over to it by themselves; without one it works as well.
 *
 * Throws `LossRefusedError`, `OperatorError` (another one is being built, no server, nothing to take the other projections from),
 * `LogDamagedError`, `ReadModelUnavailableError` (disk full, no answer for two minutes) and the signal's reason.
 * What is in use is right then, too.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  const { source, readModel: settings, projection, signal, onProgress } = options;
  const store = patientStore(options.store, signal);
  const construction = await openConstruction({ settings, projection });
  try {
    const result = await build({ store, source, construction, signal, onProgress }, options.acceptsLoss);
    tell(result, options);
    return result;
  } finally {
    await construction.end();
  }
}

async function build(build: Build, acceptsLoss: RebuildOptions['acceptsLoss']): Promise<RebuildResult> {
  const { store, construction } = build;
  const begun = performance.now();
  const builder = await createBuilder(build);
  const compared = await lookAtLive(build, builder);
  if (compared.differences.length > 0 || compared.incomparable !== undefined) {
    const loss = { ...compared, gaps: await gapsIn(build, builder) };
    if (loss.gaps.length > 0 && acceptsLoss?.(loss) !== true) throw new LossRefusedError(loss);
  }
  await builder.goOnTo(await store.lastPosition());
  await construction.hold();
  await builder.goOnTo(await store.lastPosition());
  const position = builder.position();
  await construction.putInUse({ position, landmark: await landmarkAt(store, position) });
  const seconds = (performance.now() - begun) / 1_000;
  const wasOfAnotherLog = compared.differences.some(({ kind }) => kind === 'checkpoint');
  return { ...builder.counts(), ...compared, wasOfAnotherLog, stopped: builder.stops(), seconds };
}

/** Nothing of the read model in use is needed, but what is lost with it must be known. */
async function lookAtLive(build: Build, builder: Builder): Promise<Compared> {
  const known = { comparedAt: undefined, incomparable: undefined, differences: [] };
  try {
    const compared = await compareWithLive(build, builder);
    if (compared !== undefined) {
      return { ...known, comparedAt: compared.at, differences: await firstOf(compared.differences) };
    }
    if (!(await build.construction.replacesAnything())) return known;
    return { ...known, incomparable: 'the read model in use is none that this program can read' };
  } catch (error) {
    if (!(error instanceof IncomparableError)) throw error;
    return { ...known, incomparable: error.message };
  }
}

/** Only looked for where something differs: it means to read the whole log once more. */
function gapsIn({ store, signal = new AbortController().signal }: Build, builder: Builder): Promise<Difference[]> {
  return firstOf(checkLog({ store, upTo: builder.position(), signal }));
}

async function firstOf(differences: AsyncIterable<Difference>): Promise<Difference[]> {
  const first: Difference[] = [];
  for await (const difference of differences) if (first.push(difference) >= mostDifferences) break;
  return first;
}

function tell({ differences, stopped, ...result }: RebuildResult, { log, projection }: RebuildOptions): void {
  for (const { kind, where, fields } of differences) {
    log.warn({ kind, where, fields }, 'read model was not what the log says');
  }
  log.info({ projection, ...result, stopped: stopped.size, differences: differences.length }, 'read model rebuilt');
}
