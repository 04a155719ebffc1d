import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import persistentPb from '@eventstore/db-client/generated/persistent_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/persistent_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
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
import { readAnswer, requestBytes } from './read-frames.ts';
import type { ReadAnswer } from './read-frames.ts';
import { watchLink } from './watch.ts';

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

type FeedCall = ClientDuplexStream<ReadReq, ReadAnswer>;

export function createPersistentFeed(options: PersistentFeedOptions): PersistentFeed {
  const { url, gatewayId, readStream, onIncident = () => undefined } = options;
  const links = createLinks(readConnectionString(url).leaderUrl, onIncident);
  const group = groupPrefix + gatewayId;
  return {
    subscribe: (subscribe) => follow(links, group, readStream, subscribe),
    close: () => links.close(),
  };
}

async function* follow(
  links: Links,
  group: string,
  readStream: EventStore['readStream'],
  { after, prefixes, signal, maxBatch = windowSize }: SubscribeOptions,
): AsyncGenerator<EventBatch> {
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
  const unwatch = watchLink(link);
  let call: FeedCall | undefined;
  const inbox = createInbox<ReadAnswer>(async () => (call = await openFeed(link, group)), {
    link,
    signal,
    most: maxBatch,
  });
  const order = inOrder(readStream);
  let told = false;
  try {
    while (await inbox.wait()) {
      const { items, more } = inbox.take();
      const came: RecordedEvent[] = [];
      for (const { event } of items) if (event !== undefined) came.push(event);
      // At once: a gateway that dies loses its sockets, and they ask for what they miss.
      if (came.length > 0) call?.write(acknowledgement(came));
      const events = await order(came.filter(({ position }) => position > after));
      if (events.length === 0 && told) continue;
      told = true;
      yield { events, caughtUp: !more };
    }
  } finally {
    ending.abort();
    unwatch();
    inbox.end();
    if (!link.lost.aborted) await deleteGroup(client, group).catch(() => undefined);
  }
}

const readPath = '/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read';

async function openFeed(link: Link, group: string): Promise<FeedCall> {
  const options = new persistentPb.ReadReq.Options();
  options.setAll(new sharedPb.Empty());
  options.setGroupName(group);
  options.setBufferSize(windowSize);
  const uuid = new persistentPb.ReadReq.Options.UUIDOption();
  uuid.setString(new sharedPb.Empty());
  options.setUuidOption(uuid);
  const request = new persistentPb.ReadReq();
  request.setOptions(options);
  const { PersistentSubscriptionsClient } = persistentGrpc;
  const call = await link.connection.openStream(
    PersistentSubscriptionsClient,
    'persistentRead',
    (grpc, metadata, callOptions) =>
      grpc.makeBidiStreamRequest(readPath, requestBytes, readAnswer, metadata, callOptions),
  );
  call.write(request);
  return call;
}

function acknowledgement(events: readonly RecordedEvent[]): ReadReq {
  const ack = new persistentPb.ReadReq.Ack();
  for (const { id } of events) {
    const uuid = new sharedPb.UUID();
    uuid.setString(id);
    ack.addIds(uuid);
  }
  const request = new persistentPb.ReadReq();
  request.setAck(ack);
  return request;
}
