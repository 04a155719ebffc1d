import type { Commands } from '../commands/commands.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import { createHelloDeadlines } from './hello-deadlines.ts';
import type { HelloDeadlines } from './hello-deadlines.ts';
import { eachOf } from './hub.ts';
import type { Hub } from './hub.ts';
import type { Outboxes, Session } from './session.ts';

export interface SessionEndsDeps {
  readonly sessions: ReadonlySet<Session>;
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly commands: Pick<Commands, 'onUserEvent'>;
  readonly tellRefusal: RefusalLog;
}

export interface SessionEnds {
  readonly deadlines: HelloDeadlines;
  stop(): void;
}

/** Milliseconds between two looks at tokens. */
const lookMs = 250;

/** What ends sessions that did nothing wrong: no hello in time, a token that ended, an operator. */
export function createSessionEnds({ sessions, hub, outboxes, commands, tellRefusal }: SessionEndsDeps): SessionEnds {
  function end(session: Session, reason: string): void {
    tellRefusal(reason, session);
    outboxes.close(session, closeCodes.notAuthenticated, reason);
  }

  // One timer for all tokens.
  const timer = setInterval(() => {
    const now = Date.now();
    for (const session of sessions) if (session.expires <= now && !session.closed) end(session, 'the token ended');
  }, lookMs);
  const deadlines = createHelloDeadlines((session) => outboxes.close(session, closeCodes.noHello, 'no hello in time'));

  commands.onUserEvent(({ type, data }) => {
    if (type !== 'SessionsEnded') return;
    const due: Session[] = [];
    // Those with a newer token go on.
    eachOf(hub.ofUser(data.id), (session) => {
      if (session.issued <= data.date) due.push(session);
    });
    for (const session of due) end(session, 'the sessions of this user were ended');
  });

  return {
    deadlines,
    stop() {
      clearInterval(timer);
      deadlines.stop();
    },
  };
}
