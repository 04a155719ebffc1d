import { passedRevisions } from '../domain/passed-over.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import { damaged } from './command-error.ts';

/**
 * Reads one of the events of a stream; undefined where its kind is not known, or an operator passed it over: that
 * decision is always behind it. Throws `CONVERSATION_DAMAGED` where it cannot be read and nobody passed it over.
 */
export function readRecorded<T>(
  { type, data, metadata, stream, revision }: RecordedEvent,
  events: readonly RecordedEvent[],
  read: (type: string, schemaVersion: number, data: unknown) => T | undefined,
): T | undefined {
  try {
    return read(type, metadata.schemaVersion, data);
  } catch (error) {
    if (passedRevisions(events).has(revision)) return undefined;
    throw damaged(`${type} at revision ${revision} of ${stream} cannot be read`, error);
  }
}
