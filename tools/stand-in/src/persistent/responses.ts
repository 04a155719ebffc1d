import persistent from '@eventstore/db-client/generated/persistent_pb.js';
import type { SubscriptionInfo } from '@eventstore/db-client/generated/persistent_pb.js';
import type { RecordedEvent } from 'weiliao/event-store';
import { fillRecorded, originalOf, serialize } from '../responses.ts';
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
  const { RecordedEvent: Recorded } = persistent.ReadResp.ReadEvent;
  const position = String(originalOf(resolved).position);
  const message = new persistent.ReadResp.ReadEvent().setRetryCount(retryCount).setCommitPosition(position);
  // Both carry the position of what was read, the link's where there is one.
  for (const [recorded, set] of [
    [event, (value: InstanceType<typeof Recorded>) => message.setEvent(value)],
    [link, (value: InstanceType<typeof Recorded>) => message.setLink(value)],
  ] as const) {
    if (recorded === undefined) continue;
    set(fillRecorded(new Recorded(), recorded, structuredIds).setCommitPosition(position).setPreparePosition(position));
  }
  const buffer = serialize(new persistent.ReadResp().setEvent(message));
  if (shareable) encoded.set(event, buffer);
  return buffer;
}

export function confirmationResponse(id: string): Buffer {
  const confirmation = new persistent.ReadResp.SubscriptionConfirmation().setSubscriptionId(id);
  return serialize(new persistent.ReadResp().setSubscriptionConfirmation(confirmation));
}

export function infoMessage(group: Group): SubscriptionInfo {
  const { config } = group;
  const statistics = group.statistics();
  const { consumers } = statistics;
  return new persistent.SubscriptionInfo()
    .setEventSource(config.stream)
    .setGroupName(config.group)
    .setStatus(statistics.live ? 'Live' : 'Behind')
    .setConnectionsList(consumers.map(connectionMessage))
    .setTotalItems(String(statistics.total))
    .setCountSinceLastMeasurement('0')
    .setLastCheckpointedEventPosition(statistics.lastCheckpoint ?? '')
    .setLastKnownEventPosition(statistics.lastKnown ?? '')
    .setResolveLinkTos(config.resolveLinkTos)
    .setStartFrom(startText(config.stream, config.startFrom))
    .setMessageTimeoutMilliseconds(config.messageTimeout)
    .setExtraStatistics(config.extraStatistics)
    .setMaxRetryCount(config.maxRetryCount)
    .setLiveBufferSize(config.liveBufferSize)
    .setBufferSize(config.historyBufferSize)
    .setReadBatchSize(config.readBatchSize)
    .setCheckPointAfterMilliseconds(config.checkPointAfter)
    .setMinCheckPointCount(config.minCheckPointCount)
    .setMaxCheckPointCount(config.maxCheckPointCount)
    .setReadBufferCount(statistics.readBuffer)
    .setLiveBufferCount('0')
    .setRetryBufferCount(statistics.retryBuffer)
    .setTotalInFlightMessages(consumers.reduce((sum, { inFlight }) => sum + inFlight.size, 0))
    .setOutstandingMessagesCount(statistics.outstanding)
    .setNamedConsumerStrategy(config.namedConsumerStrategy)
    .setMaxSubscriberCount(config.maxSubscriberCount)
    .setParkedMessageCount(String(statistics.parked));
}

function connectionMessage({
  port,
  inFlight,
  slots,
  total,
}: Consumer): InstanceType<typeof persistent.SubscriptionInfo.ConnectionInfo> {
  return new persistent.SubscriptionInfo.ConnectionInfo()
    .setUsername('anonymous')
    .setTotalItems(String(total))
    .setCountSinceLastMeasurement('0')
    .setAvailableSlots(slots)
    .setInFlightMessages(inFlight.size)
    .setConnectionName(port.connectionName);
}

function startText(stream: string, startFrom: number | null): string {
  const place = startFrom ?? -1;
  return stream === allStream ? `C:${place}/P:${place}` : String(place);
}
