import { OperatorError } from '../shared/errors.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { identityOf, isStillThere } from '../event-store/log-identity.ts';
import type { Checkpoint, ReadModel } from '../read-model/read-model.ts';
import { readModelName } from './consumer.ts';
import type { Consumer } from './consumer.ts';

type Log = Pick<EventStore, 'lastPosition' | 'readStream'>;

/**
 * Throws `OperatorError` where the read model was not made from this log as it is now: it is of another log, or the log
 * was cut or put back to an older state since. What the read model shows was then never said here, and what the log
 * says would not be shown. To be called before anything is served.
 */
export async function assertReadModelOfLog({
  store,
  readModel,
}: {
  readonly store: Log;
  readonly readModel: Pick<ReadModel, 'place'>;
}): Promise<void> {
  await assertOfLog(store, { name: readModelName, place: () => readModel.place() });
}

/** The same of any consumer of the log. */
export async function assertOfLog(store: Log, { name, place }: Pick<Consumer, 'name' | 'place'>): Promise<void> {
  const fault = await faultOf(store, await place());
  if (fault === undefined) return;
  const what = name === readModelName ? 'the read model' : name;
  const anew = name === readModelName ? 'build the read model anew with `weiliao rebuild`' : `build ${name} anew`;
  throw new OperatorError(`${what} ${fault}. Put the right log back, or ${anew}.`);
}

/** How what was applied up to there contradicts this log; undefined where it does not. */
export async function faultOf(store: Log, { position, landmark }: Checkpoint): Promise<string | undefined> {
  const last = await store.lastPosition();
  if (position > last) {
    return `has applied position ${position}, but the log ends at ${last}: the log was cut or replaced`;
  }
  if (position === 0 || landmark === undefined) return undefined;
  const log = (await identityOf(store))?.log;
  if (landmark.log !== null && landmark.log !== log) {
    return `is of the log ${landmark.log}, but this is ${log === undefined ? 'another one' : `the log ${log}`}`;
  }
  if (await isStillThere(store, { ...landmark, position })) return undefined;
  return `has applied another event at position ${position} than the log holds there: the log was put back to an older state`;
}
