import type { LogSettings } from '../shared/config.ts';
import { followEmbeddedLog } from './embedded/follow.ts';
import type { EventStore } from './event-store.ts';

/**
 * The log, to read it: beside its writer, in another thread or process. Rejects with `OperatorError` where there is none
 * that can be read. `signal`: the embedded writer's, in its own process; without it that log is polled.
 */
export async function followEventStore(log: LogSettings, signal?: SharedArrayBuffer): Promise<EventStore> {
  if (log.kind === 'eventstoredb') {
    // Loaded where it is used: gRPC takes longer to load than all the rest, in every thread that does.
    const { openEventStoreDb } = await import('./eventstoredb/eventstoredb-event-store.ts');
    return openEventStoreDb({ url: log.url, appendThreads: 0 });
  }
  return followEmbeddedLog({ dataDir: log.dataDir, ...(signal !== undefined && { signal }) });
}
