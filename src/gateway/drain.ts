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
  const started = performance.now();
  let ending = 0;

  /** Lets sessions end up to the number that is due by now. False where none is open any more. */
  function step(): boolean {
    const elapsed = performance.now() - started;
    const due = elapsed >= drainMs ? Infinity : Math.ceil((total * (elapsed + stepMs)) / drainMs);
    const open = [...sessions].filter(({ closed }) => !closed);
    for (const session of open) {
      if (session.ending || ending >= due) continue;
      session.ending = true;
      ending += 1;
    }
    const answered = open.filter(({ ending: ends, pending }) => ends && pending === 0);
    answered.forEach(close);
    return answered.length < open.length;
  }

  while (step()) await delay(stepMs);
  // A session is gone from `sessions` once its close is sent, which is before its client has read it.
  await delay(goodbyeMs);
}
