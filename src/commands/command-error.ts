import type { Refusal } from '../domain/conversation/conversation.ts';
import { toWeiliaoError, WeiliaoError } from '../shared/errors.ts';
import { EventStoreError, EventStoreUnavailableError } from '../event-store/event-store.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';

/** What went wrong with a command, for its sender. A store that gives no answer leaves the outcome unknown. */
export function toCommandError(error: unknown): WeiliaoError {
  if (error instanceof EventStoreUnavailableError || error instanceof ReadModelUnavailableError) {
    return new WeiliaoError('STORE_UNAVAILABLE', `${error.message}; send the same id again`, { cause: error });
  }
  if (error instanceof EventStoreError && lost.has(error.code)) return damaged(error.message, error);
  return toWeiliaoError(error);
}

/** Of a stream: nothing that a client or this program does brings it back. */
const lost: ReadonlySet<string> = new Set(['LOG_DAMAGED', 'STREAM_DELETED', 'APPEND_MISPLACED']);

/** A conversation, or a user, of which the log does not hold what it must. `reason` is for the log: it may name streams. */
export function damaged(reason: string, cause: unknown = new Error(reason)): WeiliaoError {
  const message = 'what the log holds of this conversation is damaged: an operator must look';
  return new WeiliaoError('CONVERSATION_DAMAGED', message, { cause });
}

/** A refusal, for the sender. Here the compiler holds the codes of the domain to those of the wire. */
export function refusalError({ code, reason }: Refusal): WeiliaoError {
  return new WeiliaoError(code, reason);
}
