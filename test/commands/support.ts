import { onTestFinished } from 'vitest';
import type { Commands } from '../../src/commands/commands.ts';
import { createCommands } from '../../src/commands/create-commands.ts';
import type { CommandDeps, CommandOptions } from '../../src/commands/create-commands.ts';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.ts';
import { readModelConsumer } from '../../src/projections/read-model-consumer.ts';
import type { DamageQueries, ReadModel, ReadModelQueries } from '../../src/read-model/read-model.ts';
import { createMetrics } from '../../src/shared/metrics.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createInMemoryReadModel } from '../support/in-memory-read-model.ts';

export async function openStore(dataDir = temporaryFolder()): Promise<EventStore> {
  const onFatal = (error: Error): never => {
    throw error;
  };
  const store = await openEmbeddedEventStore({ dataDir, onFatal });
  onTestFinished(() => store.close());
  return store;
}

/** A read model that has applied the whole log whenever it is asked, and counts look-ups by client message id. */
export function readModelOf(store: EventStore): ReadModelQueries & DamageQueries & { lookUps: number } {
  const model = createInMemoryReadModel();
  const caughtUp =
    <Arguments extends unknown[], Answer>(ask: (...given: Arguments) => Promise<Answer>) =>
    async (...given: Arguments): Promise<Answer> => {
      await project(store, model);
      return ask(...given);
    };
  const counting = {
    checkpoint: caughtUp(model.checkpoint),
    user: caughtUp(model.user),
    usersById: caughtUp(model.usersById),
    users: caughtUp(model.users),
    usersStarting: caughtUp(model.usersStarting),
    damage: caughtUp(model.damage),
    damages: caughtUp(model.damages),
    conversation: caughtUp(model.conversation),
    membership: caughtUp(model.membership),
    conversations: caughtUp(model.conversations),
    conversationsChangedSince: caughtUp(model.conversationsChangedSince),
    message: caughtUp(model.message),
    newestMessages: caughtUp(model.newestMessages),
    messages: caughtUp(model.messages),
    messageByClientId(sender: string, clientId: string) {
      counting.lookUps += 1;
      return caughtUp(model.messageByClientId)(sender, clientId);
    },
    greatestClientId: caughtUp(model.greatestClientId),
    lookUps: 0,
  };
  return counting;
}

/** Applies what the log has beyond the read model's checkpoint. */
async function project(store: EventStore, model: ReadModel): Promise<void> {
  const after = await model.checkpoint();
  const events = await logAfter(store, after);
  const position = events.at(-1)?.position;
  if (position !== undefined) await readModelConsumer(model, store).apply(events, { after, position });
}

export function wholeLog(store: EventStore): Promise<RecordedEvent[]> {
  return logAfter(store, 0);
}

async function logAfter(store: EventStore, after: number): Promise<RecordedEvent[]> {
  const ending = new AbortController();
  const events: RecordedEvent[] = [];
  const prefixes = ['conversation-', 'user-'];
  for await (const batch of store.subscribeToAll({ after, prefixes, signal: ending.signal })) {
    events.push(...batch.events);
    if (batch.caughtUp) break;
  }
  return events;
}

/** The write side of one process over a store; several may share one, as gateways do. */
export async function commandsOver(
  store: EventStore,
  options: Partial<CommandOptions> = {},
  deps: Partial<CommandDeps> = {},
): Promise<Commands> {
  let projected = 0;
  void store.lastPosition().then((position) => (projected = position));
  return createCommands(
    {
      store,
      readModel: readModelOf(store),
      rosters: directRosters,
      metrics: createMetrics(),
      projected: () => projected,
      startPosition: await store.lastPosition(),
      soleWriter: false,
      ...deps,
    },
    { commandTimeoutMs: 5_000, maxInFlight: 10_000, maxInFlightPerUser: 0, rateLimit: 0, ...options },
  );
}

export async function register(commands: Commands, ...ids: string[]): Promise<void> {
  await Promise.all(ids.map((id) => commands.registerUser({ id, username: `name of ${id}`, avatar: null })));
}

export function send(user: string, to: string, id: string, msg = `message ${id}`) {
  return { user, to, id, msg, correlationId: 'test' };
}
