import { OperatorError } from '../shared/errors.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { readModelName } from './consumer.ts';
import type { Consumer } from './consumer.ts';

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
  await assertNotAhead(store, { name: readModelName, checkpoint: () => readModel.checkpoint() });
}

/** The same of any consumer of the log. */
export async function assertNotAhead(
  store: Pick<EventStore, 'lastPosition'>,
  { name, checkpoint }: Pick<Consumer, 'name' | 'checkpoint'>,
): Promise<void> {
  const applied = await checkpoint();
  const last = await store.lastPosition();
  if (applied <= last) return;
  const what = name === readModelName ? 'the read model' : name;
  throw new OperatorError(
    `${what} has applied position ${applied}, but the log ends at ${last}: the log was cut or replaced. ` +
      `Put the right log back, or remove ${what} so that it is built anew from this log.`,
  );
}
