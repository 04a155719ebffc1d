import { LRUCache } from 'lru-cache';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import type { ConversationEvent } from '../domain/conversation/kinds.ts';
import { passedRevision } from '../domain/passed-over.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';

/** Conversations that stand still, remembered at a time. */
const mostStops = 10_000;

/**
 * Reads events of conversations. One that cannot be read stops its own conversation: from there on nothing of it is
 * delivered, until an operator's decision passes the event over. What comes before that is in the history then.
 */
export function createEventReader(): (recorded: RecordedEvent) => ConversationEvent | 'unknown' | 'damaged' | 'passed' {
  /** Revision of the event that cannot be read, by stream. */
  const stops = new LRUCache<string, number>({ max: mostStops });
  return (recorded) => {
    const { stream, revision, type, metadata, data } = recorded;
    const stop = stops.size === 0 ? undefined : stops.get(stream);
    try {
      const event = readConversationEvent(type, metadata.schemaVersion, data);
      if (event !== undefined) return stop === undefined ? event : 'damaged';
    } catch {
      if (stop === undefined) stops.set(stream, revision);
      return 'damaged';
    }
    const passed = passedRevision(recorded);
    if (passed !== undefined && passed === stop) stops.delete(stream);
    return passed === undefined ? 'unknown' : 'passed';
  };
}
