import { setTimeout as passed } from 'node:timers/promises';
import type { Session } from './session.ts';

const stepMs = 20;
/** What clients have to answer a close with, in milliseconds, before their sockets are cut. */
const goodbyeMs = 500;

export interface DrainOptions {
  /** Milliseconds. */
  readonly drainMs: number;
  close(session: Session): void;
  /** Resolves after so many milliseconds. */
  readonly delay?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Closes all sessions spread evenly over the drain time, so that their clients do not come back all at once elsewhere.
 * One whose turn has come is not listened to any more, and is closed once it has the answers to what it said before:
 * every command has its outcome or its timeout. Resolves when all are closed and had time to notice.
 */
export async function drainSessions(
  sessions: ReadonlySet<Session>,
  { drainMs, close, delay = passed }: DrainOptions,
): Promise<void> {
  const total = sessions.size;
  if (total === 0) return;
  const started = Date.now();
  let ending = 0;
  for (;;) {
    const elapsed = Date.now() - started;
    const due = elapsed >= drainMs ? Infinity : Math.ceil((total * (elapsed + stepMs)) / drainMs);
    let open = 0;
    for (const session of sessions) {
      if (session.closed) continue;
      if (!session.ending && ending < due) {
        session.ending = true;
        ending += 1;
      }
      if (session.ending && session.pending === 0) close(session);
      else open += 1;
    }
    if (open === 0) break;
    await delay(stepMs);
  }
  // A session is gone from `sessions` once its close is sent, which is before its client has read it.
  await delay(goodbyeMs);
}
