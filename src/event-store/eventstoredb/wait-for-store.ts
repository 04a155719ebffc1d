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

export interface WaitOptions {
  readonly withinMs: number;
  /** Told at each failure. */
  readonly onMissing: ((reason: string) => void) | undefined;
}

/** Resolves once the log can be read; rejects with an `OperatorError` that says why it cannot. */
export async function waitForStore(links: Links, string: ConnectionString, options: WaitOptions): Promise<void> {
  const { withinMs, onMissing } = options;
  const begunAt = performance.now();
  const isFinal = believeRefusals();
  for (let failures = 1; ; failures += 1) {
    const error = await failureOf(links, answerWithin);
    if (error === undefined) return;
    if (performance.now() - begunAt > withinMs || isFinal(error)) {
      throw new OperatorError(await faultOf(error, string), { cause: error });
    }
    if (onMissing !== undefined) onMissing(await faultOf(error, string));
    await delay(backOff(failures, { first: 100 }));
  }
}

/** Tells of each failure whether it is one of so many refusals in a row that it is believed. */
function believeRefusals(): (error: Error) => boolean {
  let since: number | undefined;
  return (error) => {
    const now = performance.now();
    since = isRefusal(error) ? (since ?? now) : undefined;
    return now - (since ?? now) > refusedFor;
  };
}

async function faultOf(error: Error, string: ConnectionString): Promise<string> {
  const hosts = string.nodes.map(({ host }) => host).join(',');
  return `no event store at ${hosts} (EVENTSTORE_URL): ${await reasonOf(error, string)}`;
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
