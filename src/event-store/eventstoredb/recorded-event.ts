import type { AllStreamRecordedEvent, RecordedEvent as DbClientEvent } from '@eventstore/db-client';
import type { EventMetadata, RecordedEvent } from '../event-store.ts';

/**
 * An event as the house knows it. Where it was written by somebody else, without metadata, its `schemaVersion` is 0,
 * which no reader knows.
 */
export function toRecordedEvent(event: AllStreamRecordedEvent | DbClientEvent): RecordedEvent {
  const { id, type, data, streamId: stream, revision, position, created } = event;
  return {
    id,
    type,
    data,
    metadata: isMetadata(event.metadata) ? event.metadata : { schemaVersion: 0 },
    stream,
    revision: Number(revision),
    // Commit and prepare are the same but for events of the explicit transactions of older servers.
    position: Number(position?.commit ?? 0),
    created: created.getTime(),
  };
}

function isMetadata(metadata: unknown): metadata is EventMetadata {
  return typeof metadata === 'object' && metadata !== null && 'schemaVersion' in metadata;
}
