import { closeCodes } from '../protocol/close-codes.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import { maxBadFrames } from '../protocol/limits.ts';
import { originalErrorFrame } from '../protocol/original-frames.ts';
import { errorFrame } from '../protocol/reply-frames.ts';
import { toWeiliaoError } from '../shared/errors.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import type { ProtocolDeps } from './protocol.ts';
import type { Session } from './session.ts';

/** How a session is told that something went wrong. `id`: that of the client's frame, where it has one. */
export interface Replies {
  /** Tells why a frame failed. */
  refuse(session: Session, id: string | undefined, error: unknown): void;
  /** The frame is no good. The fifth one closes the socket. */
  badFrame(session: Session, id: string | undefined, reason: string): void;
  /** There is no room for the frame before the session's user is known. */
  full(session: Session, id: string | undefined, reason: string): void;
  /** Closes the socket of somebody who may not be here. */
  turnAway(session: Session, reason?: string): void;
}

/** What a client cannot help. */
const ownTrouble: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'OVERLOADED', 'STORE_UNAVAILABLE']);

export function createReplies(deps: Pick<ProtocolDeps, 'outboxes' | 'logger' | 'limits' | 'tellRefusal'>): Replies {
  const { outboxes, logger, limits, tellRefusal } = deps;
  const patience = createRateLimits(limits.refusalRate, 10_000);

  function about({ user, address }: Session) {
    return { user, address };
  }

  /** Ends a session that is refused again and again, whatever for, unless the trouble is our own. */
  function losePatience(session: Session, code: ErrorCode): void {
    if (
      session.closed ||
      ownTrouble.has(code) ||
      limits.refusalRate === 0 ||
      patience.take(session.name ?? session.address) === 0
    )
      return;
    tellRefusal('refused again and again', about(session));
    outboxes.close(session, closeCodes.protocolViolation, 'refused again and again');
  }

  function tell(session: Session, id: string | undefined, [code, message]: readonly [ErrorCode, string]): void {
    const { kind, user = '' } = session;
    outboxes.send(
      session,
      kind === 'original' ? originalErrorFrame(user, code, message) : errorFrame(id, code, message),
    );
  }

  return {
    refuse(session, id, error) {
      const told = toWeiliaoError(error);
      if (told.code === 'INTERNAL') logger.error({ error: told.cause, user: session.user }, 'a frame failed');
      tell(session, id, [told.code, told.message]);
      if (told.code === 'RATE_LIMITED' || told.code === 'OVERLOADED') tellRefusal(told.reason, about(session));
      losePatience(session, told.code);
    },

    badFrame(session, id, reason) {
      session.badFrames += 1;
      tell(session, id, ['BAD_FRAME', reason]);
      if (session.badFrames < maxBadFrames) return;
      tellRefusal('too many bad frames', about(session));
      outboxes.close(session, closeCodes.protocolViolation, 'too many bad frames');
    },

    full: (session, id, reason) => tell(session, id, ['OVERLOADED', reason]),
    turnAway(session, reason = 'not authenticated') {
      tellRefusal(reason, about(session));
      outboxes.close(session, closeCodes.notAuthenticated, reason);
    },
  };
}
