import { toWeiliaoError, WeiliaoError } from '../shared/errors.ts';
import { EventStoreUnavailableError } from '../event-store/event-store.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';

/** What went wrong with a command, as its sender is told. A store that gives no answer leaves the outcome unknown. */
export function toldError(error: unknown): WeiliaoError {
  if (error instanceof EventStoreUnavailableError || error instanceof ReadModelUnavailableError) {
    return new WeiliaoError('STORE_UNAVAILABLE', `${error.message}; send the same id again`, { cause: error });
  }
  return toWeiliaoError(error);
}
