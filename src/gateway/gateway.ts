import type { Authenticator } from '../auth/authenticator.ts';
import type { Door } from '../auth/door.ts';
import type { Commands } from '../commands/commands.ts';
import type { ConnectionBudget } from '../shared/connection-budget.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import type { Config } from '../shared/config.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { createAdmissions } from './admission.ts';
import { createAsideTeller } from './aside.ts';
import { drainSessions } from './drain.ts';
import { createFanOut } from './fan-out.ts';
import { startFeed } from './feed.ts';
import type { FeedSource } from './feed.ts';
import { createHelloDeadlines } from './hello-deadlines.ts';
import type { HelloDeadlines } from './hello-deadlines.ts';
import { createHub } from './hub.ts';
import type { Hub } from './hub.ts';
import type { ServerHandlers } from './listener.ts';
import { createOriginalProtocol, createOriginalReads } from './original.ts';
import { createUpgrades } from './listeners/ws.ts';
import type { Upgrades } from './listeners/ws.ts';
import { listen } from './server.ts';
import { createOutboxes } from './session.ts';
import type { Outboxes, Session } from './session.ts';
import { createTokenEnds } from './token-ends.ts';
import { createV1Protocol } from './v1.ts';

export interface GatewayDeps {
  readonly config: Pick<Config, 'host' | 'wsPort' | 'auth' | 'door' | 'limits' | 'drainMs' | 'logRequests'>;
  readonly door: Door;
  readonly budget: ConnectionBudget;
  readonly tellRefusal: RefusalLog;
  /** Names this process in session ids and in the store. */
  readonly gatewayId: string;
  readonly source: FeedSource;
  readonly commands: Commands;
  readonly rosters: Rosters;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly positions: WirePositions;
}

/** The sockets of this process. */
export interface Gateway {
  readonly port: number;
  /** Takes over a connection of another listener of this process that asks for a socket. */
  readonly upgrade: Upgrades['upgrade'];
  /** Position of the newest event that the user was sent here, 0: none. */
  seenBy(user: string): number;
  /** False while the log is out of reach. */
  live(): boolean;
  /** Takes no more sockets, answers what is in flight, closes the sockets spread over the drain time, then resolves. */
  drain(): Promise<void>;
}

/** What the parts of a gateway share. */
interface Parts {
  readonly hub: Hub;
  readonly sessions: Set<Session>;
  readonly outboxes: Outboxes;
}

/** Starts the feed and the WebSocket listener. Rejects with `OperatorError` where the port cannot be had. */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { config, source, commands, metrics, logger } = deps;
  const hub = createHub();
  const sessions = new Set<Session>();
  const outboxes = createOutboxes({
    maxBufferedBytes: config.limits.bufferedBytes,
    onSent: (frames) => metrics.framesOut.inc(frames),
    onTooSlow: (session) => outboxes.close(session, closeCodes.tooSlow, 'too slow'),
  });
  const closeAll = (): void => {
    for (const session of sessions) outboxes.close(session, closeCodes.feedLost, 'the feed was lost');
  };
  const parts: Parts = { hub, sessions, outboxes };
  const feed = await startFeed({ source, logger, onBatch: createDelivery(deps, parts), onLost: closeAll });
  const watches = watchSessions(deps, parts);
  let draining = false;
  const closed = (): string | undefined => {
    if (draining) return 'this gateway is draining';
    return feed.live() ? undefined : 'this gateway has lost the log';
  };
  const handlers = createHandlers(deps, { ...parts, ...watches, feedPosition: feed.position, closed });
  const upgrades = createUpgrades(handlers);
  const server = await listen({ host: config.host, port: config.wsPort }, handlers, logger).catch(
    async (error: unknown) => {
      watches.stop();
      upgrades.close();
      await feed.stop();
      throw error;
    },
  );

  return {
    port: server.port,
    upgrade: upgrades.upgrade,
    seenBy: hub.seenBy,
    live: feed.live,
    async drain() {
      draining = true;
      server.stopListening();
      await drainSessions(sessions, {
        drainMs: config.drainMs,
        close: (session) => outboxes.close(session, closeCodes.draining, 'the server is draining'),
      });
      watches.stop();
      await commands.idle();
      server.close();
      upgrades.close();
      await feed.stop();
    },
  };
}

interface Watches {
  readonly deadlines: HelloDeadlines;
  stop(): void;
}

/** What ends sessions by the clock. */
function watchSessions({ tellRefusal }: GatewayDeps, { sessions, outboxes }: Parts): Watches {
  const deadlines = createHelloDeadlines((session) => outboxes.close(session, closeCodes.noHello, 'no hello in time'));
  const ends = createTokenEnds(sessions, (session) => {
    tellRefusal('token ended', session);
    outboxes.close(session, closeCodes.notAuthenticated, 'the token ended');
  });
  return {
    deadlines,
    stop() {
      deadlines.stop();
      ends.stop();
    },
  };
}

/** What is done with a batch of the feed. */
function createDelivery(deps: GatewayDeps, { hub, outboxes }: Parts): (events: readonly RecordedEvent[]) => void {
  const { gatewayId, commands, rosters, metrics, logger, positions } = deps;
  const reads = createOriginalReads({ commands, logger, gatewayId });
  const deliver = createFanOut({
    hub,
    rosters,
    outboxes,
    positions,
    onOriginalDelivery: reads.note,
    onFanOut: (sockets) => metrics.fanOut.observe(sockets),
    onAside: createAsideTeller(logger, metrics),
  });
  return (events) => {
    deliver(events);
    reads.flush();
    const newest = events.at(-1);
    if (newest === undefined) return;
    metrics.feedPosition.set(newest.position);
    metrics.feedLagSeconds.observe(Math.max(0, Date.now() - newest.created) / 1_000);
  };
}

interface SessionParts extends Parts {
  readonly deadlines: HelloDeadlines;
  feedPosition(): number;
  closed(): string | undefined;
}

/** Unsent bytes that a socket may have beyond ours before the library ends it: our close frame has to fit. */
const libraryReserve = 256 * 1024;

/** What is done with sockets, from their opening to their end. */
function createHandlers(deps: GatewayDeps, parts: SessionParts): ServerHandlers {
  const { config, door, budget, metrics, tellRefusal, logger } = deps;
  const { hub, sessions, outboxes, deadlines, closed } = parts;
  const { limits, auth } = config;
  const sockets = limits.sockets ?? budget.limit;
  const admissions = createAdmissions({
    auth,
    door,
    proxies: config.door.trustedProxies,
    limits: { ...limits, sockets },
    closed,
    onRefused: (reason, _refusal, address) => tellRefusal(reason, { address }),
  });
  const shared = { ...deps, limits, hub, outboxes, feedPosition: parts.feedPosition };
  const protocols = { v1: createV1Protocol(shared), original: createOriginalProtocol(shared) };
  return {
    budget,
    maxUnsentBytes: limits.bufferedBytes + libraryReserve,
    admit: admissions.admit,
    forget: admissions.leave,
    violation(session, reason) {
      tellRefusal('protocol violation', session);
      outboxes.close(session, closeCodes.protocolViolation, reason);
    },
    open(session) {
      sessions.add(session);
      metrics.sockets.inc({ kind: session.kind });
      if (session.kind === 'v1') deadlines.await(session);
      protocols[session.kind].open(session);
    },
    frame(session, text) {
      metrics.framesIn.inc();
      protocols[session.kind].frame(session, text);
    },
    closed(session, code) {
      sessions.delete(session);
      admissions.leave(session);
      hub.leave(session);
      metrics.sockets.dec({ kind: session.kind });
      metrics.closes.inc({ code });
      if (!config.logRequests) return;
      const { kind, user, address } = session;
      logger.info({ component: 'gateway', kind, user, address, code }, 'socket closed');
    },
  };
}
