import { maxHeldCharacters, maxHeldFrames, maxHeldInAll } from '../protocol/limits.ts';
import type { Session } from './session.ts';

/** What a frame costs beside its characters: a thousand frames of two are not held for nothing. */
const costOfFrame = 128;

/**
 * Frames that come while it is still being found out who their session's user is: a client need not wait for its
 * welcome. They keep their order.
 */
export interface EarlyFrames {
  begin(session: Session): void;
  /** `none`: the session is not waiting, so the frame is to be handled now. */
  hold(session: Session, text: string): 'none' | 'held' | 'full';
  /** Takes out what was held. */
  end(session: Session): readonly string[];
}

export function createEarlyFrames(): EarlyFrames {
  const waiting = new Map<Session, { size: number; readonly texts: string[] }>();
  /** What is held of all sessions costs. */
  let total = 0;
  const costOf = (characters: number, frames: number): number => characters + frames * costOfFrame;
  return {
    begin: (session) => void waiting.set(session, { size: 0, texts: [] }),

    hold(session, text) {
      const held = waiting.get(session);
      if (held === undefined) return 'none';
      if (held.size + text.length > maxHeldCharacters || held.texts.length >= maxHeldFrames) return 'full';
      if (total + costOf(text.length, 1) > maxHeldInAll) return 'full';
      held.size += text.length;
      total += costOf(text.length, 1);
      held.texts.push(text);
      return 'held';
    },

    end(session) {
      const held = waiting.get(session);
      waiting.delete(session);
      if (held !== undefined) total -= costOf(held.size, held.texts.length);
      return held?.texts ?? [];
    },
  };
}
