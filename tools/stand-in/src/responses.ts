import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
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
interface RecordedFields {
  setId(id: UUID): unknown;
  setStreamIdentifier(stream: StreamIdentifier): unknown;
  setStreamRevision(revision: string): unknown;
  setCommitPosition(position: string): unknown;
  setPreparePosition(position: string): unknown;
  getMetadataMap(): { set(key: string, value: string): unknown };
  setData(data: Uint8Array): unknown;
  setCustomMetadata(metadata: Uint8Array): unknown;
}

export function fillRecorded<T extends RecordedFields>(target: T, event: RecordedEvent, structuredIds: boolean): T {
  const wire = toWire(event);
  const position = String(event.position);
  target.setId(uuidMessage(event.id, structuredIds));
  target.setStreamIdentifier(streamMessage(event.stream));
  target.setStreamRevision(isTombstone(event) ? tombstoneRevision : String(event.revision));
  target.setCommitPosition(position);
  target.setPreparePosition(position);
  const metadata = target.getMetadataMap();
  metadata.set('type', event.type);
  metadata.set('created', String(BigInt(event.created) * ticksPerMs));
  metadata.set('content-type', wire.json ? 'application/json' : 'application/octet-stream');
  target.setData(wire.data);
  target.setCustomMetadata(wire.metadata);
  return target;
}

const encoded = new WeakMap<RecordedEvent, Buffer>();

/** A read's answer that holds an event. It is made once for all readers who share the event. */
export function eventResponse(resolved: ResolvedEvent, structuredIds: boolean): Buffer {
  const { event, link } = resolved;
  const shareable = event !== undefined && link === undefined && !structuredIds;
  const known = shareable ? encoded.get(event) : undefined;
  if (known !== undefined) return known;
  const { RecordedEvent: Recorded } = streams.ReadResp.ReadEvent;
  const message = new streams.ReadResp.ReadEvent();
  if (event !== undefined) message.setEvent(fillRecorded(new Recorded(), event, structuredIds));
  if (link !== undefined) message.setLink(fillRecorded(new Recorded(), link, structuredIds));
  message.setCommitPosition(String(originalOf(resolved).position));
  const buffer = encode(new streams.ReadResp().setEvent(message));
  if (shareable) encoded.set(event, buffer);
  return buffer;
}

export function confirmationResponse(id: string): Buffer {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(id);
  return encode(new streams.ReadResp().setConfirmation(confirmation));
}

export function caughtUpResponse(): Buffer {
  return encode(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
}

/** `position`: as decimal digits, up to 2^64. */
export function checkpointResponse(position: string): Buffer {
  const checkpoint = new streams.ReadResp.Checkpoint().setCommitPosition(position).setPreparePosition(position);
  return encode(new streams.ReadResp().setCheckpoint(checkpoint));
}

export function streamNotFoundResponse(stream: string): Buffer {
  const notFound = new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamMessage(stream));
  return encode(new streams.ReadResp().setStreamNotFound(notFound));
}

export function streamMessage(stream: string): StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
}

export function uuidMessage(id: string, structured: boolean): UUID {
  if (!structured) return new shared.UUID().setString(id);
  const hex = id.replaceAll('-', '');
  const half = (text: string): string => String(BigInt.asIntN(64, BigInt(`0x${text}`)));
  const value = new shared.UUID.Structured()
    .setMostSignificantBits(half(hex.slice(0, 16)))
    .setLeastSignificantBits(half(hex.slice(16)));
  return new shared.UUID().setStructured(value);
}

function encode(response: ReadResp): Buffer {
  return serialize(response);
}

/** A message's bytes, without copying them once more. */
export function serialize(message: { serializeBinary(): Uint8Array }): Buffer {
  const bytes = message.serializeBinary();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
