import { setTimeout as delay } from 'node:timers/promises';
import { backOff } from '../../shared/back-off.ts';
import { OperatorError } from '../../shared/errors.ts';
import { EventStoreUnavailableError } from '../event-store.ts';
import { collect } from './collect.ts';
import type { ConnectionString } from './connection-string.ts';
import { createLinks } from './links.ts';
import type { Links } from './links.ts';
import { newestRequest } from './read-request.ts';
import { explainFailure, isRefusal } from './rpc-error.ts';

/** Milliseconds that one look may take. */
const answerWithin = 5_000;
/** Milliseconds until a refusal is believed: a new server makes its users a moment after it answers. */
const refusedFor = 10_000;
/** Milliseconds that each node is given to say why it cannot be used. */
const explainWithin = 2_000;

/** Resolves once the log can be read; rejects with an `OperatorError` that says why it cannot. */
export async function waitForStore(links: Links, string: ConnectionString, withinMs: number): Promise<void> {
  const begunAt = performance.now();
  let refusedAt: number | undefined;
  for (let failures = 1; ; failures += 1) {
    const error = await failureOf(links, answerWithin);
    if (error === undefined) return;
    const now = performance.now();
    refusedAt = isRefusal(error) ? (refusedAt ?? now) : undefined;
    if (now - begunAt > withinMs || now - (refusedAt ?? now) > refusedFor) {
      const reason = await reasonOf(error, string);
      const hosts = string.nodes.map(({ host }) => host).join(',');
      throw new OperatorError(`no event store at ${hosts} (EVENTSTORE_URL): ${reason}`, { cause: error });
    }
    await delay(backOff(failures, { first: 100 }));
  }
}

async function failureOf(links: Links, withinMs: number): Promise<Error | undefined> {
  try {
    await collect(links.current(), newestRequest(), { withinMs, most: 1 });
    return undefined;
  } catch (error) {
    if (!(error instanceof EventStoreUnavailableError)) throw error;
    return error.cause instanceof Error ? error.cause : error;
  }
}

/** A failed discovery says nothing of its reasons: every node is then asked for its own. */
async function reasonOf(error: Error, string: ConnectionString): Promise<string> {
  if (!error.message.startsWith('Failed to discover')) return explainFailure(error, string);
  const reasons = string.nodes.map(async ({ host, url }) => {
    const links = createLinks(url, () => undefined);
    const failure = await failureOf(links, explainWithin).finally(() => links.close());
    return `${host}: ${failure === undefined ? 'it answers, but knows nobody who leads' : explainFailure(failure, string)}`;
  });
  return (await Promise.all(reasons)).join('; ');
}
