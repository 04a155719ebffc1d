import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from './session.ts';

const stepMs = 20;
/** What the last clients have to answer a close with, in milliseconds, before the sockets are cut. */
const goodbyeMs = 500;

/**
 * Closes all sessions spread evenly over the drain time, so that their clients do not come back all at once elsewhere.
 * One that waits for an answer keeps its turn until it has it, or the time is over. Resolves when no session is left.
 */
export async function drainSessions(
  sessions: ReadonlySet<Session>,
  drainMs: number,
  close: (session: Session) => void,
): Promise<void> {
  const total = sessions.size;
  const started = Date.now();
  let closed = 0;
  for (;;) {
    const elapsed = Date.now() - started;
    const due = drainMs === 0 ? total : Math.ceil((total * (elapsed + stepMs)) / drainMs);
    const over = elapsed >= drainMs;
    for (const session of sessions) {
      if (!over && closed >= due) break;
      if (session.closed || (session.pending > 0 && !over)) continue;
      close(session);
      closed += 1;
    }
    if (sessions.size === 0 || elapsed >= drainMs + goodbyeMs) return;
    await delay(stepMs);
  }
}
