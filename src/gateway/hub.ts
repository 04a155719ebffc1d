import type { Session } from './session.ts';

/** The sockets of this process, by user. It never asks who is online elsewhere. */
export interface Hub {
  join(user: string, session: Session): void;
  leave(user: string, session: Session): void;
  /** The user's sockets here; undefined where there are none. */
  of(user: string): Session | readonly Session[] | undefined;
  /** Position of the newest event that any of the user's sockets here was sent, 0: none. */
  seenBy(user: string): number;
}

/** Most users have one socket: it stands in the map itself, without a list around it. */
export function createHub(): Hub {
  const users = new Map<string, Session | Session[]>();
  return {
    join(user, session) {
      const held = users.get(user);
      if (held === undefined) users.set(user, session);
      else if (Array.isArray(held)) held.push(session);
      else users.set(user, [held, session]);
    },

    leave(user, session) {
      const held = users.get(user);
      if (held === session) users.delete(user);
      else if (Array.isArray(held)) {
        const rest = held.filter((other) => other !== session);
        if (rest.length > 1) users.set(user, rest);
        else if (rest[0] !== undefined) users.set(user, rest[0]);
        else users.delete(user);
      }
    },

    of: (user) => users.get(user),

    seenBy(user) {
      const held = users.get(user);
      if (held === undefined) return 0;
      if (!Array.isArray(held)) return held.position;
      return Math.max(...held.map(({ position }) => position));
    },
  };
}
