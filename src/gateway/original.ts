import { v7 as uuidv7 } from 'uuid';
import { originalFrames } from '../protocol/original-frames.ts';
import type { OriginalFrame } from '../protocol/original-frames.ts';
import { parseFrame } from '../protocol/parse-frame.ts';
import { createEarlyFrames } from './early-frames.ts';
import { ensureRegistered } from './hello.ts';
import { sessionId } from './protocol.ts';
import type { Protocol, ProtocolDeps } from './protocol.ts';
import { createReplies } from './replies.ts';
import type { Session } from './session.ts';

const frameSchema = originalFrames.originalSend.schema;

/**
 * The protocol of the original system's socket, `/ws/{uid}`: `{toId, msg}` in, Messages out, nothing for the sender
 * but refusals. Its clients choose no ids, so each frame is a message of its own.
 */
export function createOriginalProtocol(deps: ProtocolDeps): Protocol {
  const { commands, hub, rosters } = deps;
  const early = createEarlyFrames();
  const replies = createReplies(deps);

  function send(session: Session, user: string, { toId, msg }: OriginalFrame): void {
    session.pending += 1;
    commands
      .sendMessage({ user, id: uuidv7(), to: toId, msg, correlationId: sessionId(deps, session) })
      .catch((error: unknown) => replies.refuse(session, undefined, error))
      .finally(() => (session.pending -= 1));
  }

  function frame(session: Session, text: string): void {
    const held = early.hold(session, text);
    if (held === 'full') replies.full(session, undefined, 'too many frames at once');
    if (held !== 'none') return;
    const parsed = parseFrame(frameSchema, text);
    if (!parsed.ok) replies.badFrame(session, undefined, parsed.reason);
    else if (session.user !== undefined) send(session, session.user, parsed.frame);
  }

  return {
    open(session) {
      const { user } = session;
      if (user === undefined) return;
      early.begin(session);
      let groups: readonly string[] = [];
      ensureRegistered(commands, user, user)
        .then(async () => void (groups = await rosters.groupsOf(user)))
        .catch((error: unknown) => replies.refuse(session, undefined, error))
        .finally(() => {
          const waiting = early.end(session);
          if (session.closed) return;
          session.position = deps.feedPosition();
          hub.join(user, session, groups);
          deps.company.arrived(session, user);
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
        commands.markRead({ user: reader, conversation, seq, correlationId: gatewayId }).catch((error: unknown) => {
          logger.warn({ error, conversation, seq }, 'a delivered message could not be marked as read');
        });
      }
    },
  };
}
