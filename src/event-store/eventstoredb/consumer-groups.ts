import { setTimeout as delay } from 'node:timers/promises';
import {
  DISPATCH_TO_SINGLE,
  ErrorType,
  START,
  isCommandError,
  persistentSubscriptionToAllSettingsFromDefaults,
  streamNameFilter,
} from '@eventstore/db-client';
import type { CommandError, EventStoreDBClient, PersistentSubscriptionToAllSettings } from '@eventstore/db-client';
import { EventStoreUnavailableError } from '../event-store.ts';

/** One consumer group a gateway: a shared one would give each event to one gateway only. */
export const groupPrefix = 'weiliao-gateway-';

/** Events on their way to the gateway that it has not acknowledged: the window bounds the throughput. */
export const windowSize = 1_000;

/** Milliseconds that a command about groups may take; db-client has no limit for its first. */
const answerWithin = 5_000;
/** Milliseconds between the two looks at groups that nobody is connected to. */
const deadAfter = 60_000;

export interface GroupPlace {
  readonly group: string;
  readonly after: number;
  readonly prefixes: readonly string[];
}

/**
 * Makes the group anew, so that it begins right after a position: what an earlier process of this gateway left is of
 * no use, as its sockets are gone. Throws `EventStoreUnavailableError`, also where somebody is connected to it.
 */
export async function createGroup(client: EventStoreDBClient, { group, after, prefixes }: GroupPlace): Promise<void> {
  const old = (await listGroups(client)).find(({ groupName }) => groupName === group);
  if (old !== undefined) {
    if (old.connections.length > 0) {
      throw new EventStoreUnavailableError(`the consumer group ${group} is in use: another gateway of that id runs`);
    }
    await deleteGroup(client, group);
  }
  const settings: PersistentSubscriptionToAllSettings = persistentSubscriptionToAllSettingsFromDefaults({
    startFrom: after === 0 ? START : { commit: BigInt(after), prepare: BigInt(after) },
    consumerStrategyName: DISPATCH_TO_SINGLE,
    maxSubscriberCount: 1,
    liveBufferSize: 2 * windowSize,
    historyBufferSize: 2 * windowSize,
    readBatchSize: 500,
    // Its place is of no use to the next process: as few writes for it as can be.
    checkPointAfter: 60_000,
    checkPointLowerBound: 10_000,
    checkPointUpperBound: 100_000,
  });
  const filter = streamNameFilter({ prefixes: [...prefixes], maxSearchWindow: 1_000 });
  await soon(client.createPersistentSubscriptionToAll(group, settings, { filter }));
}

/** Also where there is none. */
export async function deleteGroup(client: EventStoreDBClient, group: string): Promise<void> {
  await soon(client.deletePersistentSubscriptionToAll(group)).catch(unlessMissing);
}

/**
 * Removes groups that gateways left behind when they crashed: those without a connection in two looks a minute apart.
 * A gateway that comes back later makes its group anew. Ends early, without an error, by the signal.
 */
export async function removeDeadGroups(
  client: EventStoreDBClient,
  own: string,
  { signal, betweenMs = deadAfter }: { readonly signal: AbortSignal; readonly betweenMs?: number },
): Promise<number> {
  const before = await listAbandoned(client, own);
  if (before.length === 0) return 0;
  await delay(betweenMs, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) return 0;
  const now = new Set(await listAbandoned(client, own));
  const dead = before.filter((group) => now.has(group));
  for (const group of dead) await deleteGroup(client, group);
  return dead.length;
}

async function listAbandoned(client: EventStoreDBClient, own: string): Promise<string[]> {
  const groups = await listGroups(client);
  return groups
    .filter(({ groupName, connections }) => groupName.startsWith(groupPrefix) && connections.length === 0)
    .map(({ groupName }) => groupName)
    .filter((group) => group !== own);
}

type Groups = Awaited<ReturnType<EventStoreDBClient['listPersistentSubscriptionsToAll']>>;

async function listGroups(client: EventStoreDBClient): Promise<Groups> {
  return (await soon(client.listPersistentSubscriptionsToAll()).catch(unlessMissing)) ?? [];
}

function unlessMissing(error: unknown): undefined {
  const missing: string[] = [ErrorType.PERSISTENT_SUBSCRIPTION_DOES_NOT_EXIST, ErrorType.NOT_FOUND];
  if (isCommandError(error as Error) && missing.includes((error as CommandError).type)) return undefined;
  throw error;
}

async function soon<T>(command: Promise<T>): Promise<T> {
  const answered = new AbortController();
  try {
    return await Promise.race([
      command,
      delay(answerWithin, undefined, { signal: answered.signal }).then(() => {
        throw new EventStoreUnavailableError(`no answer about consumer groups within ${answerWithin} ms`);
      }),
    ]);
  } finally {
    answered.abort();
  }
}
