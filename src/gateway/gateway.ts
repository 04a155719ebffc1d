import type { Authenticator } from '../auth/authenticator.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../shared/config.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { closeCodes } from '../protocol/close-codes.ts';
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
import { listen } from './server.ts';
import { createOutboxes } from './session.ts';
import type { Outboxes, Session } from './session.ts';
import { createV1Protocol } from './v1.ts';

export interface GatewayDeps {
  readonly config: Pick<Config, 'host' | 'wsPort' | 'maxBufferedBytes' | 'drainMs'>;
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
  const { config, source, commands, authenticator, metrics, logger } = deps;
  const hub = createHub();
  const sessions = new Set<Session>();
  let numbers = 0;
  let draining = false;

  const outboxes = createOutboxes({
    maxBufferedBytes: config.maxBufferedBytes,
    onSent: (frames) => metrics.framesOut.inc(frames),
    onTooSlow: (session) => outboxes.close(session, closeCodes.tooSlow, 'too slow'),
  });
  const closeAll = (): void => {
    for (const session of sessions) outboxes.close(session, closeCodes.feedLost, 'the feed was lost');
  };
  const parts: Parts = { hub, sessions, outboxes };
  const feed = await startFeed({ source, logger, onBatch: createDelivery(deps, parts), onLost: closeAll });
  const deadlines = createHelloDeadlines((session) => outboxes.close(session, closeCodes.noHello, 'no hello in time'));
  const handlers: ServerHandlers = {
    original: authenticator.mode === 'none',
    admit: () => (draining || !feed.live() ? undefined : (numbers += 1)),
    violation: (session, reason) => outboxes.close(session, closeCodes.protocolViolation, reason),
    ...createSessions(deps, { ...parts, deadlines, feedPosition: feed.position }),
  };
  const server = await listen({ host: config.host, port: config.wsPort }, handlers, logger).catch(
    async (error: unknown) => {
      deadlines.stop();
      await feed.stop();
      throw error;
    },
  );

  return {
    port: server.port,
    seenBy: hub.seenBy,
    live: feed.live,
    async drain() {
      draining = true;
      server.stopListening();
      await drainSessions(sessions, {
        drainMs: config.drainMs,
        close: (session) => outboxes.close(session, closeCodes.draining, 'the server is draining'),
      });
      deadlines.stop();
      await commands.idle();
      server.close();
      await feed.stop();
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
}

/** What is done with sockets, from their opening to their end. */
function createSessions(
  deps: GatewayDeps,
  { hub, sessions, outboxes, deadlines, feedPosition }: SessionParts,
): Pick<ServerHandlers, 'open' | 'frame' | 'closed'> {
  const { commands, rosters, authenticator, logger, positions, gatewayId, metrics } = deps;
  const shared = { commands, rosters, authenticator, hub, outboxes, logger, positions, gatewayId, feedPosition };
  const protocols = { v1: createV1Protocol(shared), original: createOriginalProtocol(shared) };
  return {
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
      hub.leave(session);
      metrics.sockets.dec({ kind: session.kind });
      metrics.closes.inc({ code });
    },
  };
}
