import type { LogSettings, ReadModelSettings } from '../shared/config.ts';
import { LogDamagedError } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { IncomparableError } from '../read-model/construction.ts';
import { openConstruction } from '../read-model/open-construction.ts';
import { compareWithLive, createBuilder } from './build.ts';
import type { BuildProgress } from './build.ts';
import type { Difference } from './compare.ts';
import { checkLog } from './verify-log.ts';

export interface VerifyOptions {
  /** The log; it may be written, and applied, meanwhile. */
  readonly store: EventStore;
  /** Where that log is: an embedded one is then read by several threads. */
  readonly source?: LogSettings;
  readonly readModel: ReadModelSettings;
  readonly signal?: AbortSignal;
  /** While the log is read, which is done twice. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Yields every way in which the log is not what a log must be, and the read model in use not what the log says at the
 * read model's checkpoint. Servers may be running; what they use is not changed, but where something differs in a shared
 * store, projectors may stand still for a moment in which the newest events are applied for them.
 *
 * Memory stays bounded however long the log is: what the log says is built beside the read model, compared and thrown
 * away (room for another read model is needed meanwhile); of the streams, a million ends are remembered at a time.
 *
 * Throws `OperatorError` where there is no server or a read model is being built, `ReadModelUnavailableError` (disk full,
 * no answer) and the signal's reason.
 */
export async function* verify(options: VerifyOptions): AsyncGenerator<Difference> {
  if (yield* logDifferences(options)) yield* readModelDifferences(options);
}

/** Every way in which a log is not what it must be. Returns whether it can be read through. */
async function* logDifferences({ store, signal, onProgress }: VerifyOptions): AsyncGenerator<Difference, boolean> {
  const upTo = await store.lastPosition();
  try {
    yield* checkLog({
      store,
      upTo,
      signal: signal ?? new AbortController().signal,
      onProgress: onProgress && ((position) => onProgress({ position, upTo })),
    });
    return true;
  } catch (error) {
    if (!(error instanceof LogDamagedError)) throw error;
    yield { kind: 'unreadable', where: 'log', expected: undefined, actual: error.message };
    return false;
  }
}

async function* readModelDifferences(options: VerifyOptions): AsyncGenerator<Difference> {
  const { store, source, readModel: settings, signal, onProgress } = options;
  const construction = await openConstruction({ settings });
  try {
    if ((await construction.liveCheckpoint()) === undefined) {
      yield missingReadModel(await store.lastPosition());
      return;
    }
    const build = { store, source, construction, signal, onProgress };
    const builder = await createBuilder(build);
    const compared = await compareWithLive(build, builder);
    if (compared !== undefined) yield* compared.differences;
    else yield missingReadModel(builder.position());
  } catch (error) {
    if (!(error instanceof IncomparableError)) throw error;
    yield { kind: 'unreadable', where: 'read model', expected: undefined, actual: error.message };
  } finally {
    await construction.end();
  }
}

function missingReadModel(position: number): Difference {
  return { kind: 'missing', where: 'read model', expected: `one at position ${position}`, actual: undefined };
}
