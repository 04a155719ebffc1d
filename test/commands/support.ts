import { onTestFinished } from 'vitest';
import type { Commands } from '../../src/commands/commands.ts';
import { createCommands } from '../../src/commands/create-commands.ts';
import type { CommandOptions } from '../../src/commands/create-commands.ts';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.ts';
import { createMetrics } from '../../src/shared/metrics.ts';
import type { MessageDocument, ReadModelQueries } from '../../src/read-model/read-model.ts';
import { temporaryFolder } from '../support/folder.ts';

export async function openStore(dataDir = temporaryFolder()): Promise<EventStore> {
  const onFatal = (error: Error): never => {
    throw error;
  };
  const store = await openEmbeddedEventStore({ dataDir, onFatal });
  onTestFinished(() => store.close());
  return store;
}

/** What a read model that has applied the whole log would answer about messages: found by reading the log. */
export function readModelOf(store: EventStore): Pick<
  ReadModelQueries,
  'checkpoint' | 'greatestClientId' | 'messageByClientId' | 'conversation'
> & {
  lookUps: number;
} {
  async function messages(sender: string): Promise<MessageDocument[]> {
    const found: MessageDocument[] = [];
    for (const event of await wholeLog(store)) {
      const data = event.data as Record<string, unknown> & { from?: { id: string } };
      if (event.type === 'MessageSent' && data.from?.id === sender) found.push(documentOf(event));
    }
    return found;
  }
  const model = {
    lookUps: 0,
    checkpoint: () => store.lastPosition(),
    async greatestClientId(sender: string) {
      return (await messages(sender))
        .map(({ client_id }) => client_id)
        .sort()
        .at(-1);
    },
    async messageByClientId(sender: string, clientId: string) {
      model.lookUps += 1;
      return (await messages(sender)).find(({ client_id }) => client_id === clientId);
    },
    async conversation(id: string) {
      const reads = (await wholeLog(store)).filter(
        ({ stream, type }) => stream === `conversation-${id}` && type === 'MessagesRead',
      );
      const members = new Map<string, { id: string; read_seq: number }>();
      for (const { data } of reads) {
        const { reader, seq } = data as { reader: string; seq: number };
        members.set(reader, { id: reader, read_seq: seq });
      }
      return { members: [...members.values()] } as never;
    },
  };
  return model;
}

function documentOf({ stream, revision, position, data }: RecordedEvent): MessageDocument {
  const sent = data as { clientId: string; seq: number; from: never; to: never; msg: string; sendDate: number };
  const conversation = stream.slice('conversation-'.length);
  return {
    _id: `${conversation}:${sent.seq}`,
    client_id: sent.clientId,
    conversation,
    seq: sent.seq,
    revision,
    position,
    from: sent.from,
    to: sent.to,
    msg: sent.msg,
    status: 1,
    send_date: sent.sendDate,
    read_date: null,
  };
}

export async function wholeLog(store: EventStore): Promise<RecordedEvent[]> {
  const ending = new AbortController();
  const events: RecordedEvent[] = [];
  const prefixes = ['conversation-', 'user-'];
  for await (const batch of store.subscribeToAll({ after: 0, prefixes, signal: ending.signal })) {
    events.push(...batch.events);
    if (batch.caughtUp) break;
  }
  return events;
}

/** The write side of one process over a store; several may share one, as gateways do. */
export async function commandsOver(
  store: EventStore,
  options: Partial<CommandOptions> = {},
  readModel: ReturnType<typeof readModelOf> = readModelOf(store),
): Promise<Commands> {
  let projected = 0;
  void store.lastPosition().then((position) => (projected = position));
  return createCommands(
    {
      store,
      readModel: readModel as unknown as ReadModelQueries,
      metrics: createMetrics(),
      projected: () => projected,
      startPosition: await store.lastPosition(),
      soleWriter: false,
    },
    { commandTimeoutMs: 5_000, maxInFlight: 10_000, rateLimit: 0, ...options },
  );
}

export async function register(commands: Commands, ...ids: string[]): Promise<void> {
  await Promise.all(ids.map((id) => commands.registerUser({ id, username: `name of ${id}`, avatar: null })));
}

export function send(sender: string, to: string, clientId: string, msg = `message ${clientId}`) {
  return { sender, to, clientId, msg, correlationId: 'test' };
}
