import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { createAuthenticator } from '../auth/authenticator.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { createDoor } from '../auth/door.ts';
import type { Door } from '../auth/door.ts';
import { createConnectionBudget, withinBudget } from '../shared/connection-budget.ts';
import type { ConnectionBudget } from '../shared/connection-budget.ts';
import { createRefusalLog } from '../shared/refusal-log.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import { directRosters } from '../domain/conversation/rosters.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { Commands } from '../commands/commands.ts';
import { createCommands } from '../commands/create-commands.ts';
import type { Config } from '../shared/config.ts';
import { registerDemoUsers } from './demo-users.ts';
import { feedFrom } from '../gateway/feed.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { healthOf } from './health.ts';
import type { Lifecycle } from './lifecycle.ts';
import { closerOf, listenOn, onSocketRequest, opsHost } from './listen.ts';
import type { Logger } from '../shared/logger.ts';
import { createMetrics } from '../shared/metrics.ts';
import type { Metrics } from '../shared/metrics.ts';
import { readModelName } from '../projections/consumer.ts';
import type { ProjectorThread } from '../projections/projector-thread.ts';
import { createApi } from '../queries/api.ts';
import type { ApiDeps } from '../queries/context.ts';
import { tellDamage, watchDamages } from './damage.ts';
import type { DamageWatch } from './damage.ts';
import { traced } from '../shared/tracing.ts';
import type { Traced } from '../shared/tracing.ts';
import { startProjector } from './projector.ts';
import { watchStores } from './store-watch.ts';
import type { StoreWatch } from './store-watch.ts';
import { openFeedLog, openStores } from './stores.ts';
import { createWaitingRoom } from './waiting-room.ts';
import type { WaitingRoom } from './waiting-room.ts';
import type { Stores } from './stores.ts';

/** What one process is made of. */
interface House extends Stores {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly rosters: Rosters;
  /** The log's end when this process started. */
  readonly startPosition: number;
  /** Where a store is not embedded. */
  readonly watch: StoreWatch | undefined;
  readonly damage: DamageWatch;
  readonly door: Door;
  readonly budget: ConnectionBudget;
  readonly tellRefusal: RefusalLog;
  readonly authenticator: Authenticator;
  readonly room: WaitingRoom;
}

/** Where a running process listens; no `wsPort` without the role of a gateway. */
export interface Ports {
  readonly httpPort: number;
  readonly wsPort?: number;
  readonly opsPort?: number;
}

/**
 * Runs the configured roles in this process. What is opened is handed to `lifecycle`, which closes it in the reverse
 * order. Rejects with `OperatorError` where something cannot be opened.
 */
export async function startServer(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<Ports> {
  const { roles } = config;
  const house = await openHouse(config, logger, lifecycle);
  const { store, readModel, room, rosters, metrics, startPosition, watch } = house;
  const projector = roles.has('projector') ? startProjector(house) : undefined;
  const projected = (): number => watch?.projected ?? projector?.consumers.get(readModelName)?.progress.position ?? 0;
  const soleWriter = !house.shared;
  const { commandsInFlight: maxInFlight, commandsInFlightPerUser: maxInFlightPerUser, commandRate } = config.limits;
  const made = createCommands(
    { store, readModel, rosters, metrics, projected, startPosition, soleWriter, onDamaged: tellDamage(logger) },
    { commandTimeoutMs: config.commandTimeoutMs, maxInFlight, maxInFlightPerUser, rateLimit: commandRate },
  );
  const ofInput = { of: (input: Traced) => input, handsOn: true };
  const commands = traced('command', made, { sendMessage: ofInput, markRead: ofInput });
  lifecycle.defer('commands', () => commands.close());
  if (config.demoUsers && (roles.has('gateway') || roles.has('api'))) {
    await room.patiently('eventStore', () => registerDemoUsers(commands));
  }

  const gatewayId = config.gatewayId ?? randomBytes(6).toString('base64url');
  const source = feedFrom(await openFeedLog(house, store, gatewayId), endOnOtherLog(house));
  const gateway = roles.has('gateway') ? await startGateway({ ...house, gatewayId, source, commands }) : undefined;
  const listeners = await startListeners(house, { commands, gateway, projector }).catch(async (error: unknown) => {
    await gateway?.drain();
    throw error;
  });
  // Last, so that it ends first: while sockets are drained, REST still answers, and `/readyz` says why not to come.
  if (gateway !== undefined) lifecycle.defer('gateway', () => gateway.drain());
  return { ...listeners, ...(gateway !== undefined && { wsPort: gateway.port }) };
}

/** What this process holds in memory is then of nothing that is there. Its next start finds out what can be done. */
function endOnOtherLog({ logger, lifecycle }: House): (error: Error) => void {
  return (error) => {
    logger.fatal({ component: 'event store', error }, 'the log is another one');
    void lifecycle.end('the log is another one', 1);
  };
}

async function openHouse(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<House> {
  const metrics = createMetrics();
  const authenticator = createAuthenticator(config.auth, logger);
  const doors = { door: createDoor(config.door), tellRefusal: createRefusalLog(logger, metrics) };
  const room = createWaitingRoom({ config, logger, lifecycle, metrics, authenticator, ...doors });
  const stores = await openStores({ config, logger, lifecycle, metrics, room });
  const { store, readModel } = stores;
  const startPosition = await room.patiently('eventStore', () => store.lastPosition());
  const embedded = config.log.kind === 'embedded' && config.readModel.kind === 'embedded';
  const watch = embedded
    ? undefined
    : await room.patiently('readModel', () => startWatch({ store, readModel, logger, metrics }));
  if (watch !== undefined) lifecycle.defer('store watch', () => watch.stop());
  const damage = watchDamages(readModel, (count) => metrics.damagedConversations.set(count));
  lifecycle.defer('damage watch', () => damage.stop());
  const budget = createConnectionBudget((limit) => {
    logger.warn({ component: 'door', limit }, 'no room for more connections; raise the limit of open files');
  });
  const things = { authenticator, budget, config, damage, lifecycle, logger, metrics, room, watch };
  return { ...stores, ...doors, ...things, rosters: directRosters, startPosition };
}

function startWatch(deps: Pick<House, 'store' | 'readModel' | 'logger' | 'metrics'>): Promise<StoreWatch> {
  const { metrics, ...stores } = deps;
  return watchStores({
    ...stores,
    onLook({ projected, logPosition }) {
      metrics.projectionPosition.set({ consumer: readModelName }, projected);
      metrics.logPosition.set(logPosition);
    },
  });
}

interface Rooms {
  readonly commands: Commands;
  readonly gateway: Gateway | undefined;
  readonly projector: ProjectorThread | undefined;
}

/** The listeners of HTTP: REST with the sockets beside it, and the operator's own; their ports. */
async function startListeners(house: House, rooms: Rooms): Promise<{ httpPort: number; opsPort?: number }> {
  const { config, budget, lifecycle } = house;
  const { gateway } = rooms;
  const ownOps = config.opsPort !== undefined;
  const api = apiOf(house, rooms, {
    serve: config.roles.has('api') ? 'everything' : 'operations',
    showOperations: !ownOps && config.door.loopback,
  });
  withinBudget(api.server, budget);
  if (gateway !== undefined) onSocketRequest(api.server, gateway.upgrade);
  lifecycle.defer('api', closerOf(api, config.commandTimeoutMs));
  const port = (await house.room.leave()) ?? config.httpPort;
  const httpPort = await listenOn(api, config.host, port);
  if (config.opsPort === undefined) {
    if (!config.door.loopback)
      house.logger.info('metrics are shown nowhere: OPS_PORT gives them a listener on loopback');
    return { httpPort };
  }
  const operator = {
    ...house,
    door: createDoor({ ...config.door, host: opsHost, loopback: true, allowedOrigins: [] }),
  };
  const ops = apiOf(operator, rooms, { serve: 'operator', showOperations: true });
  lifecycle.defer('operations', closerOf(ops, config.commandTimeoutMs));
  return { httpPort, opsPort: await listenOn(ops, opsHost, config.opsPort) };
}

/** What a user was told here, by an answer or on a socket, its queries here wait for. */
function apiOf(house: House, rooms: Rooms, shown: Pick<ApiDeps, 'serve' | 'showOperations'>): FastifyInstance {
  const { config, lifecycle, startPosition, watch, damage } = house;
  const { commands, gateway, projector } = rooms;
  const reads = config.roles.has('api') || gateway !== undefined;
  const health = () => {
    const { damages } = damage;
    return healthOf({ gateway, projector, watch, reads, startPosition, damages, draining: lifecycle.ending });
  };
  house.metrics.ready.from(() => Number(health().ready));
  return createApi({
    ...house,
    ...shown,
    commands,
    seenBy: (user) => Math.max(commands.writtenBy(user), gateway?.seenBy(user) ?? 0),
    floor: () => startPosition,
    health,
  });
}
