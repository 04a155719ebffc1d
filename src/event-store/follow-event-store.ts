import type { LogSettings } from '../config.ts';
import { followEmbeddedLog } from './embedded/follow.ts';
import type { EventStore } from './event-store.ts';
import { openEventStoreDb } from './eventstoredb/eventstoredb-event-store.ts';

/**
 * The log, to read it: beside its writer, in another thread or process. Rejects with `OperatorError` where there is none
 * that can be read. `signal`: the embedded writer's, in its own process; without it that log is polled.
 */
export async function followEventStore(log: LogSettings, signal?: SharedArrayBuffer): Promise<EventStore> {
  if (log.kind === 'eventstoredb') return openEventStoreDb({ url: log.url, appendThreads: 0 });
  return followEmbeddedLog({ dataDir: log.dataDir, ...(signal !== undefined && { signal }) });
}
