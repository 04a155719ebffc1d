import type { ReadResp as PersistentReadResp } from '@eventstore/db-client/generated/persistent_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { EventMetadata, RecordedEvent } from '../event-store.ts';

type WireEvent = ReadResp.ReadEvent.RecordedEvent | PersistentReadResp.ReadEvent.RecordedEvent;

/**
 * An event as the house knows it. What somebody else wrote without our metadata has the `schemaVersion` 0, and what is
 * no JSON is null: kinds that no reader knows.
 */
export function toRecordedEvent(event: WireEvent): RecordedEvent {
  const properties = event.getMetadataMap();
  const metadata = parse(event.getCustomMetadata_asU8());
  return {
    id: event.getId()?.getString() ?? '',
    type: properties.get('type') ?? '',
    data: parse(event.getData_asU8()),
    metadata: isMetadata(metadata) ? metadata : { schemaVersion: 0 },
    stream: textOf(event.getStreamIdentifier()?.getStreamName_asU8()),
    revision: Number(event.getStreamRevision()),
    // Commit and prepare are the same, but for events of explicit transactions, which nobody writes any more.
    position: Number(event.getCommitPosition()),
    // Ticks of 100 ns.
    created: Math.floor(Number(properties.get('created') ?? 0) / 10_000),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return null;
  }
}

function textOf(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function isMetadata(metadata: unknown): metadata is EventMetadata {
  return typeof metadata === 'object' && metadata !== null && 'schemaVersion' in metadata;
}
