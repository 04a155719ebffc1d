import { ownPrefixes } from '../event-store/own-streams.ts';
import { ReadModelMovedError } from '../read-model/read-model.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { ConsumerMovedError, readModelName } from './consumer.ts';
import type { Consumer } from './consumer.ts';
import { foldLog } from './fold-log.ts';
import type { StreamReads } from './fold-log.ts';

/** Streams that may stand still at once. */
const mostStops = 1_000_000;

/**
 * Folds the log into the read model, which must be open for writing. What stands still is asked of the read model for
 * each batch: it may have been replaced.
 */
export function readModelConsumer(
  readModel: Pick<ReadModel, 'place' | 'damages' | 'apply' | 'close'>,
  store: StreamReads,
): Consumer {
  return {
    name: readModelName,
    prefixes: ownPrefixes,
    place: () => readModel.place(),
    async apply(events, span) {
      const damages = await readModel.damages(mostStops);
      const stops = new Map(damages.map(({ _id, revision }) => [_id, revision]));
      const { batch, unknown, foreign } = await foldLog(events, stops, store);
      try {
        await readModel.apply(batch, span);
      } catch (error) {
        throw error instanceof ReadModelMovedError ? new ConsumerMovedError({ cause: error }) : error;
      }
      return { unknown, foreign };
    },
    close: () => readModel.close(),
  };
}
