import { ConsumerResp } from 'weiliao/eventstoredb-protocol';
import type { Outgoing, RecordedMessage } from 'weiliao/eventstoredb-protocol';
import type { RecordedEvent } from 'weiliao/event-store';
import type { ConnectionInfo, SubscriptionInfo } from '../protocol.ts';
import { originalOf, positionMessage, recordedMessage } from '../responses.ts';
import type { Consumer, GroupMessage } from './consumer.ts';
import type { Group } from './group.ts';
import { allStream } from './settings.ts';

const encoded = new WeakMap<RecordedEvent, Buffer>();

/** What a consumer gets. An event that is sent for the first time is encoded once for all groups. */
export function messageResponse({ resolved, retryCount }: GroupMessage, structuredIds: boolean): Buffer {
  const { event, link } = resolved;
  const shareable = event !== undefined && link === undefined && retryCount === 0 && !structuredIds;
  const known = shareable ? encoded.get(event) : undefined;
  if (known !== undefined) return known;
  const { position } = originalOf(resolved);
  // Both carry the position of what was read, the link's where there is one.
  const recorded = (it: RecordedEvent): Outgoing<RecordedMessage> => ({
    ...recordedMessage(it, structuredIds),
    ...positionMessage(position),
  });
  const buffer = ConsumerResp.encode({
    event: { event: event && recorded(event), link: link && recorded(link), retryCount, commitPosition: position },
  });
  if (shareable) encoded.set(event, buffer);
  return buffer;
}

export function confirmationResponse(subscriptionId: string): Buffer {
  return ConsumerResp.encode({ subscriptionConfirmation: { subscriptionId } });
}

export function infoMessage(group: Group): Outgoing<SubscriptionInfo> {
  const { config } = group;
  const statistics = group.statistics();
  const { consumers } = statistics;
  return {
    eventSource: config.stream,
    groupName: config.group,
    status: statistics.live ? 'Live' : 'Behind',
    connections: consumers.map(connectionMessage),
    totalItems: statistics.total,
    lastCheckpointedEventPosition: statistics.lastCheckpoint,
    lastKnownEventPosition: statistics.lastKnown,
    resolveLinkTos: config.resolveLinkTos,
    startFrom: startText(config.stream, config.startFrom),
    messageTimeoutMilliseconds: config.messageTimeout,
    extraStatistics: config.extraStatistics,
    maxRetryCount: config.maxRetryCount,
    liveBufferSize: config.liveBufferSize,
    bufferSize: config.historyBufferSize,
    readBatchSize: config.readBatchSize,
    checkPointAfterMilliseconds: config.checkPointAfter,
    minCheckPointCount: config.minCheckPointCount,
    maxCheckPointCount: config.maxCheckPointCount,
    readBufferCount: statistics.read,
    retryBufferCount: statistics.again,
    totalInFlightMessages: consumers.reduce((sum, { inFlight }) => sum + inFlight.size, 0),
    outstandingMessagesCount: statistics.outstanding,
    namedConsumerStrategy: config.namedConsumerStrategy,
    maxSubscriberCount: config.maxSubscriberCount,
    parkedMessageCount: statistics.parked,
  };
}

function connectionMessage(consumer: Consumer): Outgoing<ConnectionInfo> {
  const { port, inFlight, slots, total } = consumer;
  return {
    username: port.username,
    totalItems: total,
    availableSlots: slots,
    inFlightMessages: inFlight.size,
    connectionName: port.connectionName,
  };
}

function startText(stream: string, startFrom: number | null): string {
  const place = startFrom ?? -1;
  return stream === allStream ? `C:${place}/P:${place}` : String(place);
}
