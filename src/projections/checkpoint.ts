import { OperatorError } from '../shared/errors.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModel } from '../read-model/read-model.ts';

/**
 * Throws `OperatorError` where the read model has applied more than the log holds: the log was cut or replaced, and
 * what it will be given next would never be shown. To be called before anything is served.
 */
export async function assertReadModelNotAhead({
  store,
  readModel,
}: {
  readonly store: Pick<EventStore, 'lastPosition'>;
  readonly readModel: Pick<ReadModel, 'checkpoint'>;
}): Promise<void> {
  const checkpoint = await readModel.checkpoint();
  const last = await store.lastPosition();
  if (checkpoint <= last) return;
  throw new OperatorError(
    `the read model has applied position ${checkpoint}, but the log ends at ${last}: the log was cut or replaced. ` +
      'Put the right log back, or remove the read model so that it is built anew from this log.',
  );
}
