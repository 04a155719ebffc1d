import { LRUCache } from 'lru-cache';
import { StreamDeletedError } from '../event-store.ts';
import type { EventStore, RecordedEvent } from '../event-store.ts';

/** Streams whose place is remembered. One that was forgotten is taken as it comes, as one never seen is. */
const knownStreams = 100_000;

/**
 * Makes of events that come at least once and in any order, events that come once and in the order of their streams:
 * repeats are dropped, gaps are read from the stream. Over all streams a batch is in log order, not batch after batch.
 */
export function inOrder(
  readStream: EventStore['readStream'],
): (events: readonly RecordedEvent[]) => Promise<RecordedEvent[]> {
  /** The newest revision handed out. */
  const places = new LRUCache<string, number>({ max: knownStreams });

  return async (events) => {
    const ordered: RecordedEvent[] = [];
    for (const event of [...events].sort((one, other) => one.position - other.position)) {
      const { stream, revision } = event;
      const place = places.get(stream);
      if (place !== undefined && revision <= place) continue;
      if (place !== undefined && revision > place + 1) {
        const gap = { direction: 'forwards', fromRevision: place + 1, maxCount: revision - place - 1 } as const;
        const read = await readStream(stream, gap).catch(unlessDeleted);
        // Where some of them are hidden, what comes behind takes their place.
        ordered.push(...read.filter((one) => one.revision < revision));
      }
      places.set(stream, revision);
      ordered.push(event);
    }
    return ordered;
  };
}

/** Of a stream that was deleted meanwhile, what comes is all there is. */
function unlessDeleted(error: unknown): readonly RecordedEvent[] {
  if (error instanceof StreamDeletedError) return [];
  throw error;
}
