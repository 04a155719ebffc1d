import type { EventStore } from '../event-store/event-store.ts';
import { beginMongoConstruction } from '../read-model/mongodb/construction.ts';
import type { BuildProgress } from './build.ts';
import type { Difference } from './compare.ts';
import { aheadOfLog } from './embedded-check.ts';
import { createMongoFiller } from './mongo-build.ts';
import { compareWithLive } from './mongo-check.ts';
import { logDifferences } from './verify.ts';

export interface MongoVerifyOptions {
  /** The log; a projector may be applying it meanwhile. */
  readonly store: EventStore;
  readonly url: string;
  /** What operators are told verifies. Default: host and process id. */
  readonly holder?: string;
  readonly signal?: AbortSignal;
  /** While the log is read, which is done twice. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Yields every way in which the log is not what a log must be, and the read model in MongoDB not what the log says.
 * What the log says is built in collections beside those in use and dropped again. Nothing is changed but that, where
 * something differs, projectors stand still for a moment in which the newest events are applied for them.
 *
 * Throws `OperatorError` where the server cannot be used or a read model is being built, `ReadModelUnavailableError` and
 * the signal's reason.
 */
export async function* verifyMongo(options: MongoVerifyOptions): AsyncGenerator<Difference> {
  const { store, signal, onProgress } = options;
  let readable = true;
  for await (const difference of logDifferences(store, options)) {
    if (difference.kind === 'unreadable') readable = false;
    yield difference;
  }
  if (!readable) return;
  const construction = await beginMongoConstruction(options);
  try {
    const checkpoint = await construction.liveCheckpoint();
    const logEnd = await store.lastPosition();
    if (checkpoint === undefined) {
      yield { kind: 'missing', where: 'read model', expected: `one at position ${logEnd}`, actual: undefined };
    } else if (checkpoint > logEnd) {
      yield aheadOfLog({ checkpoint }, logEnd);
    } else {
      const build = { store, construction, signal, onProgress };
      const filler = createMongoFiller(build);
      await filler.goOnTo(checkpoint);
      yield* (await compareWithLive(build, filler)).differences;
    }
  } finally {
    await construction.end();
  }
}
