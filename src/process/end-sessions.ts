import { decideEndSessions } from '../domain/user/decisions.ts';
import { createUserDirectory } from '../commands/users.ts';
import { openForOneWrite } from '../event-store/open-event-store.ts';
import type { Config } from '../shared/config.ts';
import { OperatorError, WeiliaoError } from '../shared/errors.ts';
import { opsHost } from './listen.ts';

/**
 * Ends all sessions of a user, by an event that every gateway follows. A log in a data folder has one process: the one
 * that runs is asked over `OPS_PORT`. Throws `OperatorError` where nobody has the id, or the log cannot be written.
 */
export async function endSessionsOf(config: Config, user: string): Promise<void> {
  const { log, opsPort } = config;
  if (log.kind === 'embedded' && opsPort !== undefined && (await askedServer(opsPort, user))) return;
  const store = await openForOneWrite(log).catch((error: unknown) => {
    throw log.kind === 'embedded' && error instanceof OperatorError ? withHint(error) : error;
  });
  try {
    await createUserDirectory(store).change(user, (state) => decideEndSessions(user, Date.now(), state));
  } catch (error) {
    throw error instanceof WeiliaoError ? new OperatorError(error.message) : error;
  } finally {
    await store.close();
  }
}

function withHint(error: OperatorError): OperatorError {
  return new OperatorError(`${error.message}\nOPS_PORT: with the one of the server that runs, this command asks it`);
}

/** False where no server listens there. */
async function askedServer(port: number, user: string): Promise<boolean> {
  const url = `http://${opsHost}:${port}/v1/users/${encodeURIComponent(user)}/sessions`;
  const response = await fetch(url, { method: 'DELETE' }).catch(() => undefined);
  if (response === undefined) return false;
  if (response.status === 204) return true;
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new OperatorError(`the server on OPS_PORT answered ${response.status}: ${detail ?? ''}`);
}
