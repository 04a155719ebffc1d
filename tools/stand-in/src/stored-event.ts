import { isUtf8 } from 'node:buffer';
import type { EventData, EventMetadata, RecordedEvent } from 'weiliao/event-store';

/** An event as the protocol carries it: two pieces of bytes that the server never looks into. */
export interface WireEvent {
  /** UUID, lower case. */
  readonly id: string;
  readonly type: string;
  /** Content type `application/json`; otherwise `application/octet-stream`. A claim of the writer's, never checked. */
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/**
 * The log holds JSON values, the protocol bytes. Bytes that `JSON.stringify` would write the same way again are kept as
 * the value that they stand for, so that this program's own events are in the log as it writes them itself. All others
 * travel as base64 under this name in the metadata, and come back bit for bit.
 */
const wrapper = '$wire';

interface Wrapped {
  readonly json: boolean;
  /** Base64. Absent where the log's `data` is what the bytes stand for. */
  readonly data?: string;
  /** Base64. */
  readonly metadata: string;
  /** The last event of a stream that was deleted for good. */
  readonly tombstone?: true;
}

export function toStored({ id, type, json, data, metadata }: WireEvent): EventData {
  const value = json ? canonicalValue(data) : undefined;
  const known = canonicalValue(metadata)?.value;
  if (value !== undefined && isRecord(known) && !(wrapper in known)) {
    return { id, type, data: value.value, metadata: known as unknown as EventMetadata };
  }
  const wrapped: Wrapped = {
    json,
    ...(value === undefined && { data: base64(data) }),
    metadata: base64(metadata),
  };
  return { id, type, data: value?.value ?? null, metadata: { [wrapper]: wrapped } as unknown as EventMetadata };
}

export function toWire({ id, type, data, metadata }: EventData): WireEvent {
  const wrapped = wrappedOf(metadata);
  if (wrapped === undefined) return { id, type, json: true, data: jsonBytes(data), metadata: jsonBytes(metadata) };
  return {
    id,
    type,
    json: wrapped.json,
    data: wrapped.data === undefined ? jsonBytes(data) : Buffer.from(wrapped.data, 'base64'),
    metadata: Buffer.from(wrapped.metadata, 'base64'),
  };
}

const tombstoneType = '$streamDeleted';

/** What ends a stream for good. The log gives it the next revision, the protocol shows the highest there is. */
export function makeTombstone(id: string): EventData {
  const wrapped: Wrapped = { json: false, data: '', metadata: '', tombstone: true };
  return { id, type: tombstoneType, data: null, metadata: { [wrapper]: wrapped } as unknown as EventMetadata };
}

export function isTombstone(event: RecordedEvent): boolean {
  return event.type === tombstoneType && wrappedOf(event.metadata)?.tombstone === true;
}

function wrappedOf(metadata: EventMetadata): Wrapped | undefined {
  return (metadata as { readonly [wrapper]?: Wrapped })[wrapper];
}

/** The value that `bytes` stand for, where writing it gives the same bytes again. */
function canonicalValue(bytes: Uint8Array): { readonly value: unknown } | undefined {
  if (bytes.length === 0 || !isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
