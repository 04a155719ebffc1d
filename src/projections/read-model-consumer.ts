import { ownPrefixes } from '../event-store/own-streams.ts';
import { ReadModelMovedError } from '../read-model/read-model.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { ConsumerMovedError, readModelName } from './consumer.ts';
import type { Consumer } from './consumer.ts';
import { foldEvents } from './fold.ts';

/** Folds the log into the read model, which must be open for writing. */
export function readModelConsumer(readModel: Pick<ReadModel, 'checkpoint' | 'apply' | 'close'>): Consumer {
  return {
    name: readModelName,
    prefixes: ownPrefixes,
    checkpoint: () => readModel.checkpoint(),
    async apply(events, span) {
      const { batch, unknown, foreign } = foldEvents(events);
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
