import type { Refusal } from '../domain/conversation/conversation.ts';
import { toWeiliaoError, WeiliaoError } from '../shared/errors.ts';
import { EventStoreUnavailableError } from '../event-store/event-store.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';

/** What went wrong with a command, for its sender. A store that gives no answer leaves the outcome unknown. */
export function toCommandError(error: unknown): WeiliaoError {
  if (error instanceof EventStoreUnavailableError || error instanceof ReadModelUnavailableError) {
    return new WeiliaoError('STORE_UNAVAILABLE', `${error.message}; send the same id again`, { cause: error });
  }
  return toWeiliaoError(error);
}

/** A refusal, for the sender. Here the compiler holds the codes of the domain to those of the wire. */
export function refusalError({ code, reason }: Refusal): WeiliaoError {
  return new WeiliaoError(code, reason);
}
