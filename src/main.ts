import { createAuthenticator } from './auth.ts';
import type { Commands } from './commands/commands.ts';
import { createCommands } from './commands/create-commands.ts';
import type { Config } from './config.ts';
import { registerDemoUsers } from './demo-users.ts';
import { openEmbeddedEventStore } from './event-store/embedded/embedded-event-store.ts';
import type { EmbeddedEventStore } from './event-store/embedded/embedded-event-store.ts';
import { asyncApiDocument } from './gateway/asyncapi.ts';
import { startGateway } from './gateway/gateway.ts';
import type { Gateway } from './gateway/gateway.ts';
import { healthOf } from './health.ts';
import type { Lifecycle } from './lifecycle.ts';
import { closeApi, listenOn } from './listen.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { assertReadModelNotAhead } from './projections/checkpoint.ts';
import { startProjectorThread } from './projections/projector-thread.ts';
import type { ProjectorThread } from './projections/projector-thread.ts';
import { createApi } from './queries/api.ts';
import { openReadModel } from './read-model/open.ts';
import type { ReadModel } from './read-model/read-model.ts';
import { version } from './version.ts';
import { createWirePositions, wireKey } from './wire-position.ts';
import type { WirePositions } from './wire-position.ts';

/** What one process is made of. */
interface House {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly store: EmbeddedEventStore;
  readonly readModel: ReadModel;
  readonly positions: WirePositions;
}

/** Where a running process listens; undefined for a role that it does not have. */
export interface Ports {
  readonly httpPort?: number;
  readonly wsPort?: number;
}

/**
 * Runs the configured roles in this process, on the embedded log. What is opened is handed to `lifecycle`, which
 * closes it in the reverse order. Rejects with `OperatorError` where something cannot be opened.
 */
export async function startServer(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<Ports> {
  const { roles } = config;
  const authenticator = createAuthenticator(config.auth);
  const house = await openHouse(config, logger, lifecycle);
  const { store, readModel, metrics, positions } = house;
  const startPosition = await store.lastPosition();
  const projector = roles.has('projector') ? startProjector(house) : undefined;
  const projected = (): number => projector?.progress.position ?? 0;
  const commands = createCommands({ store, readModel, metrics, projected, startPosition }, config);
  if (config.demoUsers) await registerDemoUsers(commands);

  const gateway = roles.has('gateway')
    ? await startGateway({ config, store, commands, authenticator, metrics, logger, positions })
    : undefined;
  const httpPort = await startApi(house, { commands, gateway, projector, startPosition, authenticator });
  // Last, so that it ends first: while sockets are drained, REST still answers, and `/readyz` says why not to come.
  if (gateway !== undefined) lifecycle.defer('gateway', () => gateway.drain());
  return {
    ...(httpPort !== undefined && { httpPort }),
    ...(gateway !== undefined && { wsPort: gateway.port }),
  };
}

async function openHouse(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<House> {
  const { dataDir, mongodbUrl } = config;
  const metrics = createMetrics();
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal(error) {
      logger.fatal({ error }, 'the log is lost');
      void lifecycle.end('the log is lost', 1);
    },
    onCommit(appends, position) {
      metrics.commitAppends.observe(appends);
      metrics.logPosition.set(position);
    },
  });
  lifecycle.defer('event store', () => store.close());
  metrics.logPosition.set(await store.lastPosition());
  const readModel = await openReadModel({ dataDir, mongodbUrl, mode: 'read', log: logger });
  lifecycle.defer('read model', () => readModel.close());
  await assertReadModelNotAhead({ store, readModel });
  const positions = createWirePositions(wireKey(dataDir));
  return { config, logger, lifecycle, metrics, store, readModel, positions };
}

function startProjector({ config, logger, lifecycle, metrics, store }: House): ProjectorThread {
  const counted = { events: 0, unknown: 0, failures: 0 };
  const projector = startProjectorThread({
    dataDir: config.dataDir,
    mongodbUrl: config.mongodbUrl,
    signal: store.signal,
    logLevel: config.logLevel,
    onState: (state) => logger[state.kind === 'failed' ? 'error' : 'debug']({ component: 'projector', state }, 'state'),
    onProgress({ position, events, unknown, failures }) {
      metrics.projectionPosition.set(position);
      metrics.projectionEvents.inc(events - counted.events);
      metrics.projectionUnknown.inc(unknown - counted.unknown);
      metrics.projectionFailures.inc(failures - counted.failures);
      Object.assign(counted, { events, unknown, failures });
    },
  });
  lifecycle.defer('projector', () => projector.stop());
  return projector;
}

interface Rooms {
  readonly commands: Commands;
  readonly gateway: Gateway | undefined;
  readonly projector: ProjectorThread | undefined;
  readonly startPosition: number;
  readonly authenticator: ReturnType<typeof createAuthenticator>;
}

/**
 * The REST listener, where this process has the role; its port. What a user was told here, by an answer or on a socket,
 * its queries here wait for.
 */
async function startApi(house: House, rooms: Rooms): Promise<number | undefined> {
  const { config, logger, lifecycle, metrics, readModel, positions } = house;
  const { commands, gateway, projector, startPosition, authenticator } = rooms;
  if (!config.roles.has('api')) return undefined;
  const api = createApi({
    config,
    readModel,
    commands,
    authenticator,
    metrics,
    logger,
    positions,
    seenBy: (user) => Math.max(commands.writtenBy(user), gateway?.seenBy(user) ?? 0),
    floor: () => startPosition,
    health: () => healthOf({ gateway, projector, startPosition, draining: lifecycle.ending }),
    asyncApi: asyncApiDocument(version),
  });
  lifecycle.defer('api', () => closeApi(api));
  return listenOn(api, config.host, config.httpPort);
}
