import type { Authenticator } from '../auth/authenticator.ts';
import type { Door } from '../auth/door.ts';
import type { Commands } from '../commands/commands.ts';
import type { ConnectionBudget } from '../shared/connection-budget.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import type { Config } from '../shared/config.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { createAdmissions } from './admission.ts';
import { createCompany } from './company.ts';
import type { Company } from './company.ts';
import { createDelivery } from './delivery.ts';
import { drainSessions } from './drain.ts';
import { startFeed } from './feed.ts';
import type { Feed, FeedSource } from './feed.ts';
import type { HelloDeadlines } from './hello-deadlines.ts';
import type { ServerHandlers } from './listener.ts';
import { createOriginalProtocol } from './original.ts';
import { createUpgrades } from './listeners/ws.ts';
import type { Upgrades } from './listeners/ws.ts';
import { createParts } from './parts.ts';
import type { Parts } from './parts.ts';
import { createRecentChanges } from './recent-changes.ts';
import type { RecentChanges } from './recent-changes.ts';
import { createResume } from './resume.ts';
import type { Resume } from './resume.ts';
import { listen } from './server.ts';
import { createSessionEnds } from './session-ends.ts';
import { createV1Protocol } from './v1.ts';

export interface GatewayDeps {
  readonly config: Pick<
    Config,
    'host' | 'wsPort' | 'basePath' | 'auth' | 'door' | 'limits' | 'drainMs' | 'logRequests'
  >;
  readonly door: Door;
  readonly budget: ConnectionBudget;
  readonly tellRefusal: RefusalLog;
  /** Names this process in session ids and in the store. */
  readonly gatewayId: string;
  readonly source: FeedSource;
  readonly store: EventStore;
  /** Whether there may be other gateways. */
  readonly shared: boolean;
  readonly readModel: Pick<ReadModelQueries, 'checkpoint' | 'conversation' | 'conversationsChangedSince'>;
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

/** Starts the feed and the WebSocket listener. Rejects with `OperatorError` where the port cannot be had. */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { config, commands, logger } = deps;
  const parts = createParts(deps);
  const { hub, sessions, outboxes } = parts;
  const { feed, recent } = await follow(deps, parts);
  const ends = createSessionEnds({ ...deps, ...parts });
  const feedPosition = feed.position;
  let draining = false;
  const closed = (): string | undefined => {
    if (draining) return 'this gateway is draining';
    return feed.live() ? undefined : 'this gateway has lost the log';
  };
  const resume = createResume({ ...deps, recent, outboxes });
  const company = createCompany({ ...deps, ...parts, recent });
  parts.begun = company.met;
  const handlers = createHandlers(deps, { ...parts, deadlines: ends.deadlines, resume, company, feedPosition, closed });
  const upgrades = createUpgrades(handlers);

  async function stop(): Promise<void> {
    ends.stop();
    upgrades.close();
    recent.stop();
    await company.stop();
    await feed.stop();
  }

  const server = await listen({ host: config.host, port: config.wsPort }, handlers, logger).catch(
    async (error: unknown) => {
      await stop();
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
      await commands.idle();
      server.close();
      await stop();
    },
  };
}

/** Hands out what the feed brings, and keeps what resuming clients may have to be told of it. */
async function follow(
  deps: GatewayDeps,
  parts: Parts,
): Promise<{ readonly feed: Feed; readonly recent: RecentChanges }> {
  const recent = createRecentChanges(deps);
  const onBegun = (members: readonly string[]): void => parts.begun?.(members);
  const feed = await startFeed({
    ...deps,
    onBegin(after, newest) {
      recent.feedBegan(after);
      deps.positions.noteAnew(newest);
    },
    onBatch: createDelivery({ ...deps, ...parts, recent, onBegun }),
    onLost() {
      for (const session of parts.sessions) parts.outboxes.close(session, closeCodes.feedLost, 'the feed was lost');
    },
  });
  return { feed, recent };
}

interface SessionParts extends Parts {
  readonly deadlines: HelloDeadlines;
  readonly resume: Resume;
  readonly company: Company;
  feedPosition(): number;
  closed(): string | undefined;
}

/** Unsent bytes that a socket may have beyond ours before the library ends it: our close frame has to fit. */
const libraryReserve = 256 * 1024;

/** What is done with sockets, from their opening to their end. */
function createHandlers(deps: GatewayDeps, parts: SessionParts): ServerHandlers {
  const { config, door, budget, metrics, tellRefusal, logger } = deps;
  const { hub, sessions, outboxes, deadlines, company, closed } = parts;
  const { limits, auth } = config;
  const sockets = limits.sockets ?? budget.limit;
  const admissions = createAdmissions({
    auth,
    basePath: config.basePath,
    door,
    proxies: config.door.trustedProxies,
    limits: { ...limits, sockets },
    closed,
    onRefused: (reason, _refusal, address) => tellRefusal(reason, { address }),
  });
  const { resume, feedPosition } = parts;
  const shared = { ...deps, limits, hub, outboxes, resume, company, feedPosition };
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
      company.left(session);
      metrics.sockets.dec({ kind: session.kind });
      metrics.closes.inc({ code });
      if (!config.logRequests) return;
      const { kind, user, address } = session;
      logger.info({ component: 'gateway', kind, user, address, code }, 'socket closed');
    },
  };
}
