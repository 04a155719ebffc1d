import type { LogSettings } from '../shared/config.ts';
import { followEventStore } from '../event-store/follow-event-store.ts';
import { LogDamagedError } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { beginConstruction } from '../read-model/embedded/construction.ts';
import { translate } from '../read-model/embedded/sqlite-errors.ts';
import { bulkEnd, fillInBulk, freezeLive, takeOver } from './build.ts';
import type { Build, BuildProgress } from './build.ts';
import type { Difference } from './compare.ts';
import { aheadOfLog, differencesOf } from './embedded-check.ts';
import { checkLog } from './verify-log.ts';

export interface VerifyOptions {
  /** Folder of the read model. */
  readonly dataDir: string;
  /** Default: the embedded log in the same folder. */
  readonly source?: LogSettings;
  readonly signal?: AbortSignal;
  /** While the log is read, which is done twice. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Yields every way in which the log is not what a log must be, and the embedded read model is not what the log says at
 * the read model's checkpoint. A server may be running; nothing is changed.
 *
 * Memory stays bounded however long the log is: what the log says is built on disk, beside the read model, compared and
 * thrown away (room for another read model is needed meanwhile); of the streams, a million ends are remembered at a
 * time.
 *
 * Throws `OperatorError` where there is no log or a read model is being built, `ReadModelUnavailableError` (disk full)
 * and the signal's reason.
 */
export async function* verifyEmbedded(options: VerifyOptions): AsyncGenerator<Difference> {
  const { dataDir, source = { kind: 'embedded', dataDir } } = options;
  const store = await followEventStore(source);
  try {
    let readable = true;
    for await (const difference of logDifferences(store, options)) {
      if (difference.kind === 'unreadable') readable = false;
      yield difference;
    }
    if (readable) yield* readModelDifferences(store, { ...options, source });
  } catch (error) {
    throw translate(error);
  } finally {
    await store.close();
  }
}

/** Every way in which a log is not what it must be. */
export async function* logDifferences(
  store: EventStore,
  { signal, onProgress }: Pick<VerifyOptions, 'signal' | 'onProgress'>,
): AsyncGenerator<Difference> {
  const upTo = await store.lastPosition();
  try {
    yield* checkLog({
      store,
      upTo,
      signal: signal ?? new AbortController().signal,
      onProgress: onProgress && ((position) => onProgress({ position, upTo })),
    });
  } catch (error) {
    if (!(error instanceof LogDamagedError)) throw error;
    yield { kind: 'unreadable', where: 'log', expected: undefined, actual: error.message };
  }
}

async function* readModelDifferences(
  store: EventStore,
  { dataDir, source, signal, onProgress }: VerifyOptions & { readonly source: LogSettings },
): AsyncGenerator<Difference> {
  const construction = beginConstruction({ dataDir });
  try {
    const build: Build = { source, store, construction, signal, onProgress };
    const position = await bulkEnd(build);
    await fillInBulk(build, position);
    const found = await freezeLive(build, position);
    if (found === undefined) {
      yield { kind: 'missing', where: 'read model', expected: `one at position ${position}`, actual: undefined };
      return;
    }
    const { live, ahead } = found;
    try {
      if (ahead) yield aheadOfLog(live, await store.lastPosition());
      else {
        await takeOver(build, { after: position, upTo: live.checkpoint });
        yield* differencesOf(construction.scans, live);
      }
    } finally {
      live.release();
    }
  } finally {
    construction.end();
  }
}
