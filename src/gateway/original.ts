import { v7 as uuidv7 } from 'uuid';
import { createEarlyFrames } from './early-frames.ts';
import { codeFrame } from './encode.ts';
import type { OriginalFrame } from '../protocol/client-frames.ts';
import { originalFrameSchema, parseFrame } from '../protocol/client-frames.ts';
import type { Session } from './session.ts';
import { badFrame, ensureRegistered, refuse, sessionId } from './v1.ts';
import type { Protocol, ProtocolDeps } from './v1.ts';

/**
 * The protocol of the original system's socket, `/ws/{uid}`: `{toId, msg}` in, Messages out, nothing for the sender
 * but refusals. Its clients choose no ids, so each frame is a message of its own.
 */
export function createOriginalProtocol(deps: ProtocolDeps): Protocol {
  const { commands, hub, outboxes } = deps;
  const early = createEarlyFrames();

  function send(session: Session, user: string, { toId, msg }: OriginalFrame): void {
    session.pending += 1;
    commands
      .sendMessage({ sender: user, clientId: uuidv7(), to: toId, msg, correlationId: sessionId(deps, session) })
      .catch((error: unknown) => refuse(deps, session, undefined, error))
      .finally(() => (session.pending -= 1));
  }

  function frame(session: Session, text: string): void {
    const held = early.hold(session, text);
    if (held === 'full') outboxes.send(session, codeFrame(undefined, 'OVERLOADED', 'too many frames at once'));
    if (held !== 'none') return;
    const parsed = parseFrame(originalFrameSchema, text);
    if (!parsed.ok) badFrame(deps, session, undefined, parsed.reason);
    else if (session.user !== undefined) send(session, session.user, parsed.frame);
  }

  return {
    open(session) {
      const { user } = session;
      if (user === undefined) return;
      early.begin(session);
      ensureRegistered(commands, user, user)
        .catch((error: unknown) => refuse(deps, session, undefined, error))
        .finally(() => {
          const waiting = early.end(session);
          if (session.closed) return;
          session.position = deps.feedPosition();
          hub.join(user, session);
          for (const text of waiting) frame(session, text);
        });
    },

    frame,
  };
}

export interface OriginalReads {
  /** Notes that a message went to a socket of the original system. */
  note(reader: string, conversation: string, seq: number): void;
  /** Marks what was noted as read: one command a reader and conversation. */
  flush(): void;
}

/** A message delivered to a socket of the original system counts as read. */
export function createOriginalReads({
  commands,
  logger,
  gatewayId,
}: Pick<ProtocolDeps, 'commands' | 'logger' | 'gatewayId'>): OriginalReads {
  let noted = new Map<string, { reader: string; conversation: string; seq: number }>();
  return {
    note(reader, conversation, seq) {
      const key = `${reader} ${conversation}`;
      const known = noted.get(key);
      if (known === undefined || known.seq < seq) noted.set(key, { reader, conversation, seq });
    },

    flush() {
      if (noted.size === 0) return;
      const due = noted;
      noted = new Map();
      for (const { reader, conversation, seq } of due.values()) {
        commands.markRead({ reader, conversation, seq, correlationId: gatewayId }).catch((error: unknown) => {
          logger.warn({ error, conversation, seq }, 'a delivered message could not be marked as read');
        });
      }
    },
  };
}
