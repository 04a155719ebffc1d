import type { Session } from './session.ts';

/** None, one, or several: most users have one socket, which then stands without a set around it. */
type Held = Session | ReadonlySet<Session> | undefined;

/** The sockets of this process, by user and by group. It never asks who is online elsewhere. */
export interface Hub {
  /** `groups`: conversations of the user whose members their ids do not tell. */
  join(user: string, session: Session, groups?: readonly string[]): void;
  leave(session: Session): void;
  /** The user's sockets here. */
  ofUser(user: string): Held;
  /** The sockets here of a group's members: however many members it has, only those cost anything. */
  ofGroup(conversation: string): Held;
  /** Users with a socket here. */
  users(): Iterable<string>;
  /** How many sockets the user has here. */
  socketsOf(user: string): number;
  /** Position of the newest event that any of the user's sockets here was sent, 0: none. */
  seenBy(user: string): number;
}

type Holders = Map<string, Session | Set<Session>>;

export function createHub(): Hub {
  const users: Holders = new Map();
  const groups: Holders = new Map();
  /** Groups of the sessions that have any. */
  const groupsOf = new Map<Session, readonly string[]>();

  return {
    join(user, session, ofUser = []) {
      add(users, user, session);
      for (const group of ofUser) add(groups, group, session);
      if (ofUser.length > 0) groupsOf.set(session, ofUser);
    },

    leave(session) {
      if (session.user !== undefined) remove(users, session.user, session);
      for (const group of groupsOf.get(session) ?? []) remove(groups, group, session);
      groupsOf.delete(session);
    },

    ofUser: (user) => users.get(user),
    ofGroup: (conversation) => groups.get(conversation),

    users: () => users.keys(),

    socketsOf(user) {
      const held = users.get(user);
      if (held === undefined) return 0;
      return held instanceof Set ? held.size : 1;
    },

    seenBy(user) {
      let newest = 0;
      eachOf(users.get(user), ({ position }) => (newest = Math.max(newest, position)));
      return newest;
    },
  };
}

export function eachOf(held: Held, visit: (session: Session) => void): void {
  if (held === undefined) return;
  if (held instanceof Set) held.forEach((session: Session) => visit(session));
  else visit(held as Session);
}

function add(map: Holders, key: string, session: Session): void {
  const held = map.get(key);
  if (held === undefined) map.set(key, session);
  else if (held instanceof Set) held.add(session);
  else map.set(key, new Set([held, session]));
}

function remove(map: Holders, key: string, session: Session): void {
  const held = map.get(key);
  if (held === session) map.delete(key);
  if (!(held instanceof Set)) return;
  held.delete(session);
  const [first] = held;
  if (first !== undefined && held.size === 1) map.set(key, first);
}
