import type { EventMetadata, RecordedEvent } from '../event-store.ts';
import type { ReadResp, RecordedMessage } from './proto/protocol.ts';

/** What a read, a subscription or a consumer group brings. */
export interface ReadAnswer {
  readonly event: RecordedEvent | undefined;
  /** True: whoever reads has all there was; false: the server fell back to reading its disk. Undefined: neither said. */
  readonly caughtUp: boolean | undefined;
}

/** Of an answer of a read or a subscription. */
export function readAnswer({ event, caughtUp, fellBehind }: ReadResp): ReadAnswer {
  if (event !== null) return { event: readEvent(event.event), caughtUp: undefined };
  if (caughtUp !== null) return { event: undefined, caughtUp: true };
  return { event: undefined, caughtUp: fellBehind === null ? undefined : false };
}

/**
 * An event as the house knows it; consumer groups have a message of the same shape. What somebody else wrote without
 * our metadata has the `schemaVersion` 0, and what is no JSON is null: kinds that no reader knows.
 */
export function readEvent(recorded: RecordedMessage | null): RecordedEvent | undefined {
  if (recorded === null) return undefined;
  const metadata = parse(recorded.customMetadata);
  return {
    id: recorded.id?.string ?? '',
    type: recorded.metadata['type'] ?? '',
    data: parse(recorded.data),
    metadata: isMetadata(metadata) ? metadata : { schemaVersion: 0 },
    stream: recorded.streamIdentifier?.streamName.toString() ?? '',
    revision: recorded.streamRevision.toNumber(),
    // Commit and prepare are the same, but for events of explicit transactions, which nobody writes any more.
    position: recorded.commitPosition.toNumber(),
    // Ticks of 100 ns.
    created: Math.floor(Number(recorded.metadata['created'] ?? 0) / 10_000),
  };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

function isMetadata(metadata: unknown): metadata is EventMetadata {
  return typeof metadata === 'object' && metadata !== null && 'schemaVersion' in metadata;
}
