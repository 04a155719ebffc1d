import type { RecordedEvent } from 'weiliao/event-store';

/** Memory that the ids may take, as EventStoreDB reckons it. */
const maxBytes = 8 * 1024 * 1024;

export interface CommittedPlace {
  readonly stream: string;
  readonly revision: number;
}

/**
 * Ids of the events written lately, by which alone EventStoreDB recognises an append at `any` or `stream_exists`. The
 * oldest go first, none survives a restart, and an id written to two streams is known of the first only.
 */
export interface CommittedIds {
  add(events: readonly RecordedEvent[]): void;
  find(id: string): CommittedPlace | undefined;
  clear(): void;
}

export function createCommittedIds(limit: number = maxBytes): CommittedIds {
  const places = new Map<string, CommittedPlace>();
  let bytes = 0;
  return {
    add(events) {
      for (const { id, stream, revision } of events) {
        if (places.has(id)) continue;
        places.set(id, { stream, revision });
        bytes += sizeOf(stream);
      }
      for (const [id, { stream }] of places) {
        if (bytes <= limit) break;
        places.delete(id);
        bytes -= sizeOf(stream);
      }
    },
    find: (id) => places.get(id),
    clear() {
      places.clear();
      bytes = 0;
    },
  };
}

function sizeOf(stream: string): number {
  return 28 + 2 * stream.length;
}
