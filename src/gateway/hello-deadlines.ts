import { helloMs } from '../protocol/limits.ts';
import type { Session } from './session.ts';

const lookMs = 500;

export interface HelloDeadlines {
  await(session: Session): void;
  stop(): void;
}

/** Watches sockets that have not said hello. One timer for all of them: they become due in the order they came. */
export function createHelloDeadlines(onDue: (session: Session) => void): HelloDeadlines {
  const waiting: { session: Session; due: number }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const now = performance.now();
    let done = 0;
    for (const { session, due } of waiting) {
      if (due > now && session.user === undefined && !session.closed) break;
      if (due <= now && session.user === undefined) onDue(session);
      done += 1;
    }
    waiting.splice(0, done);
    if (waiting.length > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    await(session) {
      waiting.push({ session, due: performance.now() + helloMs });
      timer ??= setInterval(look, lookMs);
    },
    stop() {
      clearInterval(timer);
    },
  };
}
