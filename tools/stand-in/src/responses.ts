import { ReadResp } from 'weiliao/eventstoredb-protocol';
import type { Outgoing, Position, RecordedMessage, StreamIdentifier, UUID } from 'weiliao/eventstoredb-protocol';
import type { RecordedEvent } from 'weiliao/event-store';
import { isTombstone, toWire } from './stored-event.ts';

/** What the protocol shows as the revision of the event that ends a stream for good. */
const tombstoneRevision = '9223372036854775807';
const ticksPerMs = 10_000n;

/** An event as readers get it: the event itself, or what it links to with the link, or a link that leads nowhere. */
export interface ResolvedEvent {
  readonly event?: RecordedEvent;
  readonly link?: RecordedEvent;
}

export function originalOf({ event, link }: ResolvedEvent): RecordedEvent {
  const original = link ?? event;
  if (original === undefined) throw new TypeError('an event that is neither there nor a link');
  return original;
}

/** What both read protocols say of an event; theirs are two message types of one shape. */
export function recordedMessage(event: RecordedEvent, structuredIds: boolean): Outgoing<RecordedMessage> {
  const { json, data, metadata } = toWire(event);
  return {
    id: uuidMessage(event.id, structuredIds),
    streamIdentifier: streamMessage(event.stream),
    streamRevision: isTombstone(event) ? tombstoneRevision : event.revision,
    ...positionMessage(event.position),
    metadata: {
      type: event.type,
      created: String(BigInt(event.created) * ticksPerMs),
      'content-type': json ? 'application/json' : 'application/octet-stream',
    },
    data,
    customMetadata: metadata,
  };
}

const encoded = new WeakMap<RecordedEvent, Buffer>();

/** A read's answer that holds an event. It is made once for all readers who share the event. */
export function eventResponse(resolved: ResolvedEvent, structuredIds: boolean): Buffer {
  const { event, link } = resolved;
  const shareable = event !== undefined && link === undefined && !structuredIds;
  const known = shareable ? encoded.get(event) : undefined;
  if (known !== undefined) return known;
  const buffer = encode({
    event: {
      event: event && recordedMessage(event, structuredIds),
      link: link && recordedMessage(link, structuredIds),
      commitPosition: originalOf(resolved).position,
    },
  });
  if (shareable) encoded.set(event, buffer);
  return buffer;
}

export function confirmationResponse(subscriptionId: string): Buffer {
  return encode({ confirmation: { subscriptionId } });
}

export function caughtUpResponse(): Buffer {
  return encode({ caughtUp: {} });
}

/** `position`: a number, or decimal digits up to 2^64. */
export function checkpointResponse(position: number | string): Buffer {
  return encode({ checkpoint: positionMessage(position) });
}

export function streamNotFoundResponse(stream: string): Buffer {
  return encode({ streamNotFound: { streamIdentifier: streamMessage(stream) } });
}

/** Commit and prepare position are the same here. */
export function positionMessage(position: number | string): Outgoing<Position> {
  return { commitPosition: position, preparePosition: position };
}

export function streamMessage(stream: string): Outgoing<StreamIdentifier> {
  return { streamName: Buffer.from(stream, 'utf8') };
}

export function uuidMessage(id: string, structured: boolean): Outgoing<UUID> {
  if (!structured) return { string: id };
  const hex = id.replaceAll('-', '');
  const half = (text: string): string => String(BigInt.asIntN(64, BigInt(`0x${text}`)));
  return { structured: { mostSignificantBits: half(hex.slice(0, 16)), leastSignificantBits: half(hex.slice(16)) } };
}

const { encode } = ReadResp;
