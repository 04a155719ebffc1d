import { closeCodes } from '../protocol/close-codes.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import { maxBadFrames } from '../protocol/limits.ts';
import { errorFrame } from '../protocol/reply-frames.ts';
import { toWeiliaoError } from '../shared/errors.ts';
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
  turnAway(session: Session): void;
}

export function createReplies({ outboxes, logger }: Pick<ProtocolDeps, 'outboxes' | 'logger'>): Replies {
  function tell(session: Session, id: string | undefined, [code, message]: readonly [ErrorCode, string]): void {
    outboxes.send(session, errorFrame(id, code, message));
  }

  return {
    refuse(session, id, error) {
      const told = toWeiliaoError(error);
      if (told.code === 'INTERNAL') logger.error({ error: told.cause, user: session.user }, 'a frame failed');
      tell(session, id, [told.code, told.message]);
    },

    badFrame(session, id, reason) {
      session.badFrames += 1;
      tell(session, id, ['BAD_FRAME', reason]);
      if (session.badFrames < maxBadFrames) return;
      outboxes.close(session, closeCodes.protocolViolation, 'too many bad frames');
    },

    full: (session, id, reason) => tell(session, id, ['OVERLOADED', reason]),
    turnAway: (session) => outboxes.close(session, closeCodes.notAuthenticated, 'not authenticated'),
  };
}
