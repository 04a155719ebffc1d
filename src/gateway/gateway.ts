import type { Authenticator } from '../auth/authenticator.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../shared/config.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { drainSessions } from './drain.ts';
import { createFanOut } from './fan-out.ts';
import { startFeed } from './feed.ts';
import type { FeedSource } from './feed.ts';
import { createHelloDeadlines } from './hello-deadlines.ts';
import { createHub } from './hub.ts';
import { createOriginalProtocol, createOriginalReads } from './original.ts';
import { listen } from './server.ts';
import { createOutboxes } from './session.ts';
import type { Session } from './session.ts';
import { createV1Protocol } from './v1.ts';

export interface GatewayDeps {
  readonly config: Pick<Config, 'host' | 'wsPort' | 'maxBufferedBytes' | 'drainMs'>;
  /** Names this process in session ids and in the store. */
  readonly gatewayId: string;
  readonly source: FeedSource;
  readonly commands: Commands;
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

/** Starts the feed and the WebSocket listener. Rejects with `OperatorError` where the port cannot be had. */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { config, gatewayId, source, commands, authenticator, metrics, logger, positions } = deps;
  const hub = createHub();
  const sessions = new Set<Session>();
  let numbers = 0;
  let draining = false;

  const outboxes = createOutboxes({
    maxBufferedBytes: config.maxBufferedBytes,
    onSent: (frames) => metrics.framesOut.inc(frames),
    onTooSlow: (session) => outboxes.close(session, closeCodes.tooSlow, 'too slow'),
  });
  const reads = createOriginalReads({ commands, logger, gatewayId });
  const deliver = createFanOut({
    hub,
    outboxes,
    logger,
    positions,
    onOriginalDelivery: reads.note,
    onFanOut: (sockets) => metrics.fanOut.observe(sockets),
  });

  function onBatch(events: readonly RecordedEvent[]): void {
    deliver(events);
    reads.flush();
    const newest = events.at(-1);
    if (newest === undefined) return;
    metrics.feedPosition.set(newest.position);
    metrics.feedLagSeconds.observe(Math.max(0, Date.now() - newest.created) / 1_000);
  }

  function onLost(): void {
    for (const session of sessions) outboxes.close(session, closeCodes.feedLost, 'the feed was lost');
  }

  const feed = await startFeed({ source, logger, onBatch, onLost });
  const protocolDeps = {
    commands,
    authenticator,
    hub,
    outboxes,
    logger,
    positions,
    gatewayId,
    feedPosition: feed.position,
  };
  const protocols = { v1: createV1Protocol(protocolDeps), original: createOriginalProtocol(protocolDeps) };
  const deadlines = createHelloDeadlines((session) => outboxes.close(session, closeCodes.noHello, 'no hello in time'));

  const server = await listen(config.host, config.wsPort, {
    original: authenticator.mode === 'none',
    admit: () => (draining || !feed.live() ? undefined : (numbers += 1)),
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
    violation: (session, reason) => outboxes.close(session, closeCodes.protocolViolation, reason),
    closed(session, code) {
      sessions.delete(session);
      if (session.user !== undefined) hub.leave(session.user, session);
      metrics.sockets.dec({ kind: session.kind });
      metrics.closes.inc({ code });
    },
  }).catch(async (error: unknown) => {
    deadlines.stop();
    await feed.stop();
    throw error;
  });

  return {
    port: server.port,
    seenBy: hub.seenBy,
    live: feed.live,
    async drain() {
      draining = true;
      server.stopListening();
      await drainSessions(sessions, config.drainMs, (session) =>
        outboxes.close(session, closeCodes.draining, 'the server is draining'),
      );
      deadlines.stop();
      await commands.idle();
      server.close();
      await feed.stop();
    },
  };
}
