import { randomBytes } from 'node:crypto';
import type { Config } from '../shared/config.ts';
import { traced } from '../shared/tracing.ts';
import type { EventData, EventStore, FeedLog } from '../event-store/event-store.ts';
import { beginEpoch, ensureIdentity, identityOf } from '../event-store/log-identity.ts';
import { openEventStore, openFeed, takeDataDir } from '../event-store/open-event-store.ts';
import type { OnIncident, OpenedEventStore } from '../event-store/open-event-store.ts';
import { assertReadModelOfLog } from '../projections/checkpoint.ts';
import type { Lifecycle } from './lifecycle.ts';
import { showDisk } from './disk.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import { openReadModel } from '../read-model/open-read-model.ts';
import { timed } from '../read-model/timed.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { hasWireKey, wireKeyOfFolder, wireKeyOfLog } from './wire-key.ts';
import type { WaitingRoom } from './waiting-room.ts';
import { createWirePositions, wireKeySize } from '../protocol/wire-position.ts';
import type { WirePositions } from '../protocol/wire-position.ts';

/** The two stores that a process runs on, wherever the settings say they are. */
export interface Stores {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  /** Raised at every commit of an embedded log. */
  readonly signal: SharedArrayBuffer | undefined;
  /** True where other processes may use the same stores. */
  readonly shared: boolean;
  readonly positions: WirePositions;
}

/** What stores are opened with. */
export interface StoresDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly room: WaitingRoom;
}

/**
 * Opens both stores and hands them to `lifecycle`. Servers are waited for, side by side. Rejects with `OperatorError`
 * where one cannot be used, or where the read model is not of this log: nothing was written then.
 */
export async function openStores(deps: StoresDeps): Promise<Stores> {
  const { config, room } = deps;
  const embedded = [config.log, config.readModel].some(({ kind }) => kind === 'embedded');
  const opening = openLog(deps);
  // What is embedded lies in the folder that the log, or the process, takes first.
  if (embedded) await opening;
  const [{ store: log, signal }, readModel] = await Promise.all([opening, openModel(deps)]);
  const store = traced('event store', log, {
    appendToStream: { of: (_stream: string, [first]: readonly EventData[]) => ({ ...first?.metadata }) },
    readStream: {},
  });
  const shared = config.log.kind !== 'embedded';
  if (embedded) showDisk(config.dataDir, deps.metrics);
  await room.patiently('readModel', () => assertReadModelOfLog({ store, readModel }));
  const positions = await room.patiently('eventStore', () => positionsOf(deps, store));
  return { store, readModel, signal, shared, positions };
}

async function openModel({ config, logger, lifecycle, metrics, room }: StoresDeps): Promise<ReadModel> {
  const onMissing = (reason: string): void => room.missing('readModel', reason);
  const opened = await openReadModel({ settings: config.readModel, mode: 'read', log: logger, onMissing });
  room.there('readModel');
  const readModel = traced('read model', timed(opened, metrics.readModelSeconds), {
    conversations: {},
    messages: {},
    message: {},
    messageByClientId: {},
    users: {},
    usersStarting: {},
  });
  lifecycle.defer('read model', () => readModel.close());
  return readModel;
}

async function positionsOf({ config, logger }: StoresDeps, store: EventStore): Promise<WirePositions> {
  // A process that only projects tells nobody a position.
  if (!writes(config)) return createWirePositions(randomBytes(wireKeySize), '');
  const embedded = config.log.kind === 'embedded';
  // A log that is older than the key of its folder was put there: restored, or copied.
  const cameLater = embedded && !hasWireKey(config.dataDir) && (await identityOf(store)) !== undefined;
  if (cameLater) await beginEpoch(store, 'the log was found in a folder without the key of its positions');
  const key = embedded ? wireKeyOfFolder(config.dataDir) : await wireKeyOfLog(store);
  const { log, epoch } = await ensureIdentity(store);
  logger.info({ component: 'event store', log, epoch }, cameLater ? 'log restored: a new epoch begins' : 'log opened');
  return createWirePositions(key, `${log} ${epoch}`);
}

async function openLog({ config, logger, lifecycle, metrics, room }: StoresDeps): Promise<OpenedEventStore> {
  const { log, readModel } = config;
  if (log.kind !== 'embedded' && readModel.kind === 'embedded') {
    lifecycle.defer('data folder', takeDataDir(config.dataDir));
  }
  const opened = await openEventStore({
    settings: log,
    appends: writes(config),
    onFatal(error) {
      logger.fatal({ error }, 'the log is lost');
      void lifecycle.end('the log is lost', 1);
    },
    onCommit(appends, position) {
      metrics.commitAppends.observe(appends);
      metrics.logPosition.set(position);
    },
    onIncident: tellIncidents({ logger, metrics }),
    onMissing: (reason) => room.missing('eventStore', reason),
  });
  room.there('eventStore');
  lifecycle.defer('event store', () => opened.store.close());
  if (log.kind === 'embedded') metrics.logPosition.set(await opened.store.lastPosition());
  return opened;
}

/**
 * What the gateway named `gatewayId` is fed from: the log itself, or its own consumer group in EventStoreDB. To be
 * opened before the gateway, which ends first.
 */
export async function openFeedLog(
  { config, logger, lifecycle, metrics }: Omit<StoresDeps, 'room'>,
  store: EventStore,
  gatewayId: string,
): Promise<FeedLog> {
  const { log: settings, feed } = config;
  const onIncident = tellIncidents({ logger, metrics });
  const source = await openFeed({ settings, store, feed, gatewayId, onIncident });
  lifecycle.defer('feed', () => source.close());
  return source;
}

function tellIncidents({ logger, metrics }: Pick<StoresDeps, 'logger' | 'metrics'>): OnIncident {
  return ({ kind, count, reason }) => {
    metrics.storeIncidents.inc({ kind }, count);
    logger.warn({ component: 'event store', kind, count, reason }, 'event store incident');
  };
}

/** A process that only projects appends nothing. */
function writes({ roles }: Config): boolean {
  return roles.has('gateway') || roles.has('api');
}
