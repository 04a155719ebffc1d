import type { ClientDuplexStream } from '@grpc/grpc-js';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { EventBatch, EventStore, RecordedEvent, SubscribeOptions } from '../event-store.ts';
import { readConnectionString } from './connection-string.ts';
import { createGroup, deleteGroup, groupPrefix, removeDeadGroups, windowSize } from './consumer-groups.ts';
import { inOrder } from './in-order.ts';
import { createInbox } from './inbox.ts';
import type { OnIncident } from './incident.ts';
import { createLinks } from './links.ts';
import type { Link, Links } from './links.ts';
import { consume } from './proto/protocol.ts';
import type { ConsumerReq, Outgoing } from './proto/protocol.ts';
import { readEvent } from './read-frames.ts';

export interface PersistentFeedOptions {
  /** Connection string. */
  readonly url: string;
  /** Unique among the gateways that run; names the consumer group. */
  readonly gatewayId: string;
  /** Fills gaps. */
  readonly readStream: EventStore['readStream'];
  readonly onIncident?: OnIncident;
}

/** `subscribeToAll` over a consumer group of the server instead of a catch-up subscription. */
export interface PersistentFeed {
  /**
   * The log after a position, each event once and in the order of its stream; between streams only a batch is in log
   * order. One subscription at a time. Throws `EventStoreUnavailableError`.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch>;
  /** Gives the connection back, once the subscription has ended. */
  close(): void;
}

/** Nothing but the confirmation is no event. */
type FeedAnswer = RecordedEvent | undefined;
type FeedCall = ClientDuplexStream<Outgoing<ConsumerReq>, FeedAnswer>;

export function createPersistentFeed(options: PersistentFeedOptions): PersistentFeed {
  const { url, gatewayId, readStream, onIncident = () => undefined } = options;
  const links = createLinks(readConnectionString(url).leaderUrl, onIncident);
  const group = groupPrefix + gatewayId;
  return {
    subscribe: (subscribe) => follow({ links, group, readStream }, subscribe),
    close: () => links.close(),
  };
}

interface Following {
  readonly links: Links;
  readonly group: string;
  readonly readStream: EventStore['readStream'];
}

async function* follow(following: Following, subscribe: SubscribeOptions): AsyncGenerator<EventBatch> {
  const { links, group } = following;
  const { after, prefixes, signal } = subscribe;
  if (signal.aborted) return;
  const link = links.current();
  const { client } = link.connection;
  await createGroup(client, { group, after, prefixes }).catch((error: unknown) => {
    if (error instanceof EventStoreUnavailableError) throw error;
    throw new EventStoreUnavailableError(`no consumer group: ${(error as Error).message}`, { cause: error });
  });
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal, link.lost]);
  // Whatever this meets, the next gateway that starts tries again.
  removeDeadGroups(client, group, { signal: over }).catch(() => undefined);
  try {
    yield* batchesOf(link, following, subscribe);
  } finally {
    ending.abort();
    if (!link.lost.aborted) await deleteGroup(client, group).catch(() => undefined);
  }
}

/** Connects to the group and hands out what it sends. */
async function* batchesOf(
  link: Link,
  { group, readStream }: Following,
  { after, signal, maxBatch = windowSize }: SubscribeOptions,
): AsyncGenerator<EventBatch> {
  let call: FeedCall | undefined;
  const open = async (): Promise<FeedCall> => (call = await openFeed(link, group));
  const inbox = createInbox<FeedAnswer>(open, { link, signal, most: maxBatch });
  const order = inOrder(readStream);
  let told = false;
  try {
    while (await inbox.wait()) {
      const { items, more } = inbox.take();
      const came = items.filter((event) => event !== undefined);
      // At once: a gateway that dies loses its sockets, and they ask for what they miss.
      if (came.length > 0) call?.write(acknowledgement(came));
      const events = await order(came.filter(({ position }) => position > after));
      if (events.length === 0 && told) continue;
      told = true;
      yield { events, caughtUp: !more };
    }
  } finally {
    inbox.end();
  }
}

async function openFeed(link: Link, group: string): Promise<FeedCall> {
  const { path, requestSerialize, responseDeserialize } = consume;
  const deserialize = (bytes: Buffer): FeedAnswer => readEvent(responseDeserialize(bytes).event?.event ?? null);
  const call = await link.connection.openStream('persistentRead', (grpc, metadata, options) =>
    grpc.makeBidiStreamRequest(path, requestSerialize, deserialize, metadata, options),
  );
  call.write({ options: { all: {}, groupName: group, bufferSize: windowSize, uuidOption: { string: {} } } });
  return call;
}

function acknowledgement(events: readonly RecordedEvent[]): Outgoing<ConsumerReq> {
  return { ack: { ids: events.map(({ id }) => ({ string: id })) } };
}
