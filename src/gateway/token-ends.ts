import type { Session } from './session.ts';

/** Milliseconds between two looks. */
const lookMs = 250;

/** Ends sessions with their tokens. One timer for all of them; `stop` it at the end. */
export function createTokenEnds(sessions: ReadonlySet<Session>, onEnd: (session: Session) => void): { stop(): void } {
  const timer = setInterval(() => {
    const now = Date.now();
    for (const session of sessions) if (session.expires <= now && !session.closed) onEnd(session);
  }, lookMs);
  return { stop: () => clearInterval(timer) };
}
