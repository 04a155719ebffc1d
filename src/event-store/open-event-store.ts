import { join } from 'node:path';
import type { LogSettings } from '../shared/config.ts';
import { openEmbeddedEventStore } from './embedded/embedded-event-store.ts';
import { lockDataDir } from './embedded/lock.ts';
import type { EventStore, FeedLog } from './event-store.ts';
import type { OnIncident } from './eventstoredb/incident.ts';

export interface OpenEventStoreOptions {
  readonly settings: LogSettings;
  /** False: nothing will be appended, so a server's adapter starts no threads for it. */
  readonly appends: boolean;
  /** The embedded log can no longer be trusted or written: the process should end. */
  onFatal(error: Error): void;
  /** After each commit of the embedded log: how many appends shared its fsync, and its `lastPosition()`. */
  onCommit(appends: number, position: number): void;
  readonly onIncident: OnIncident;
  /** A server that is not there is waited for as long as it takes; this is told why, again and again. */
  readonly onMissing?: (reason: string) => void;
}

export interface OpenedEventStore {
  readonly store: EventStore;
  /** Raised at every commit of an embedded log. */
  readonly signal: SharedArrayBuffer | undefined;
}

/** The log that the settings name. Rejects with `OperatorError` where it cannot be used. */
export async function openEventStore(options: OpenEventStoreOptions): Promise<OpenedEventStore> {
  const { settings, appends, onFatal, onCommit, onIncident, onMissing } = options;
  if (settings.kind === 'embedded') {
    const store = await openEmbeddedEventStore({ dataDir: settings.dataDir, onFatal, onCommit });
    return { store, signal: store.signal };
  }
  // Loaded where it is used: gRPC takes longer to load than all the rest.
  const { openEventStoreDb } = await import('./eventstoredb/eventstoredb-event-store.ts');
  const store = await openEventStoreDb({
    url: settings.url,
    onIncident,
    ...(onMissing !== undefined && { onMissing }),
    ...(!appends && { appendThreads: 0 }),
  });
  return { store, signal: undefined };
}

/** The log, for one write of an operator. Rejects as `openEventStore` does; to be closed after. */
export async function openForOneWrite(settings: LogSettings): Promise<EventStore> {
  const { store } = await openEventStore({
    settings,
    appends: true,
    onFatal(error) {
      throw error;
    },
    onCommit: () => undefined,
    onIncident: () => undefined,
  });
  return store;
}

/**
 * Takes a data folder for this process, where no embedded log does. Throws `OperatorError` where another has it. Returns
 * the release.
 */
export function takeDataDir(dataDir: string): () => void {
  return lockDataDir(dataDir, join(dataDir, 'running'));
}

export interface OpenFeedOptions {
  readonly settings: LogSettings;
  readonly store: EventStore;
  /** `persistent`: a consumer group of the server, where there is one, instead of a catch-up subscription. */
  readonly feed: 'catch-up' | 'persistent';
  /** Unique among the gateways that run. */
  readonly gatewayId: string;
  readonly onIncident: OnIncident;
}

/** What a gateway is fed from: the log itself, or a consumer group of its own. To be closed after its subscription. */
export async function openFeed(options: OpenFeedOptions): Promise<FeedLog & { close(): void }> {
  const { settings, store, feed, gatewayId, onIncident } = options;
  const { lastPosition, eventAt, readStream, subscribeToAll } = store;
  if (feed === 'catch-up' || settings.kind === 'embedded') {
    return { lastPosition, eventAt, readStream, subscribe: subscribeToAll, close: () => undefined };
  }
  const { createPersistentFeed } = await import('./eventstoredb/persistent-feed.ts');
  const { subscribe, close } = createPersistentFeed({ url: settings.url, gatewayId, readStream, onIncident });
  return { lastPosition, eventAt, readStream, subscribe, close };
}

export type { OnIncident } from './eventstoredb/incident.ts';
