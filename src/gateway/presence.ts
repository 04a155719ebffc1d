import { LRUCache } from 'lru-cache';
import type { Commands } from '../commands/commands.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import { presenceFrame } from '../protocol/signal-frames.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { Logger } from '../shared/logger.ts';
import { createTurns } from '../shared/turns.ts';
import { eachOf } from './hub.ts';
import type { Hub } from './hub.ts';
import type { RecentChanges } from './recent-changes.ts';
import { createRemotePresence } from './remote-presence.ts';
import type { Outboxes, Session } from './session.ts';
import type { Signal, Signals } from './signals.ts';

export interface PresenceDeps {
  readonly hub: Pick<Hub, 'ofUser' | 'socketsOf' | 'users'>;
  readonly outboxes: Pick<Outboxes, 'deliver'>;
  readonly readModel: Pick<ReadModelQueries, 'conversationsChangedSince'>;
  readonly recent: Pick<RecentChanges, 'since'>;
  readonly rosters: Pick<Rosters, 'directMembers'>;
  readonly commands: Pick<Commands, 'findUser'>;
  readonly logger: Logger;
  readonly signals: Pick<Signals, 'tell'>;
}

/** Who is there, as users who share a conversation see each other. */
export interface Presence {
  /** A socket of the user joined the hub: it is told of the others, and they of the user. */
  arrived(session: Session, user: string): void;
  /** A socket of the user has left the hub. */
  left(user: string): void;
  /** Two users have a conversation from now on. */
  met(one: string, other: string): void;
  /** Another gateway told something. */
  heard(gateway: string, signal: Signal): void;
  /** Something was not told to other gateways, or not heard of them. */
  again(): void;
  stop(): void;
}

interface Seen {
  readonly user: string;
  readonly online: boolean;
  readonly lastSeen: number | null;
}

/** Milliseconds in which changes are gathered: whoever comes back at once was never away. */
const gatherMs = 250;
/** Milliseconds until what could not be found out is asked for again. */
const againMs = 2_000;
/** Others whom a user is told of at most. */
const maxPeers = 2_000;
const lastSeenUsers = 100_000;
/** Questions to the read model at a time. */
const atOnce = 8;

export function createPresence(deps: PresenceDeps): Presence {
  const { hub, logger, signals } = deps;
  const lastSeen = new LRUCache<string, number>({ max: lastSeenUsers });
  /** As those who see them were told. */
  const shown = new Set<string>();
  const changed = new Set<string>();
  const remote = createRemotePresence({ signals, here: () => hub.users(), onChange: change });
  const teller = createTeller(deps, seen);
  let timer: NodeJS.Timeout | undefined;

  function isOnline(user: string): boolean {
    return hub.socketsOf(user) > 0 || remote.isOnline(user);
  }

  /** As everybody is told who may see it: whoever looks first must not see more than what changes are told from. */
  function seen(user: string): Seen {
    const online = shown.has(user);
    return { user, online, lastSeen: online ? null : (lastSeen.get(user) ?? null) };
  }

  function change(user: string, at?: number | null): void {
    if (at !== undefined && at !== null) lastSeen.set(user, Math.max(at, lastSeen.get(user) ?? 0));
    changed.add(user);
    timer ??= setTimeout(tellChanges, gatherMs);
  }

  function tellChanges(): void {
    timer = undefined;
    const due = [...changed].filter((user) => isOnline(user) !== shown.has(user));
    changed.clear();
    for (const user of due) {
      if (isOnline(user)) shown.add(user);
      else shown.delete(user);
    }
    teller.tell(due).catch((error: unknown) => {
      logger.debug({ component: 'presence', error }, 'changes were not told');
      for (const user of due) {
        // Nobody was told, so nothing is shown other than before.
        if (!shown.delete(user)) shown.add(user);
        changed.add(user);
      }
      timer ??= setTimeout(tellChanges, againMs).unref();
    });
  }

  return {
    arrived(session, user) {
      if (session.kind === 'v1') teller.welcome(session, user);
      if (hub.socketsOf(user) > 1) return;
      signals.tell({ type: 'presence', users: [{ user, online: true, lastSeen: null }] });
      change(user);
    },

    left(user) {
      if (hub.socketsOf(user) > 0) return;
      const at = Date.now();
      signals.tell({ type: 'presence', users: [{ user, online: false, lastSeen: at }] });
      change(user, at);
    },

    met: (one, other) => void teller.introduce(one, other).catch(() => undefined),
    heard: remote.heard,
    again: remote.again,

    stop() {
      clearTimeout(timer);
      remote.stop();
    },
  };
}

/** Puts what is known of users into frames, for those who may see it. */
function createTeller(deps: PresenceDeps, seen: (user: string) => Seen) {
  const { hub, outboxes, commands, logger } = deps;
  const peers = createPeers(deps);

  function show(user: string, those: readonly Seen[]): void {
    const frame = presenceFrame(those);
    eachOf(hub.ofUser(user), (session) => {
      if (session.kind === 'v1') outboxes.deliver(session, frame);
    });
  }

  /** Whoever blocks, or is blocked, is shown as one who was never seen. */
  async function snapshot(session: Session, user: string): Promise<void> {
    const others = await peers.of(user);
    const shownAs = await Promise.all(
      others.map(async (other) => {
        const one = seen(other);
        if (!one.online && one.lastSeen === null) return one;
        return (await blocks(commands, user, other)) ? { user: other, online: false, lastSeen: null } : one;
      }),
    );
    outboxes.deliver(session, presenceFrame(shownAs));
  }

  return {
    async introduce(one: string, other: string): Promise<void> {
      if (await blocks(commands, one, other)) return;
      show(one, [seen(other)]);
      show(other, [seen(one)]);
    },

    /** One frame for each who sees any of the users. */
    async tell(users: readonly string[]): Promise<void> {
      const news = new Map<string, Seen[]>();
      await Promise.all(
        users.map(async (user) => {
          for (const peer of await peers.of(user)) {
            if (hub.socketsOf(peer) === 0 || (await blocks(commands, user, peer))) continue;
            news.set(peer, [...(news.get(peer) ?? []), seen(user)]);
          }
        }),
      );
      for (const [peer, those] of news) show(peer, those);
    },

    /** Tells a session of all, as soon as it can be found out. */
    welcome(session: Session, user: string): void {
      if (session.closed) return;
      snapshot(session, user).catch((error: unknown) => {
        logger.debug({ component: 'presence', error }, 'who is there could not be told');
        setTimeout(() => this.welcome(session, user), againMs).unref();
      });
    },
  };
}

/** Who shares a conversation with a user: of the read model, and of what it has not reached yet. */
function createPeers({ readModel, recent, rosters }: Pick<PresenceDeps, 'readModel' | 'recent' | 'rosters'>) {
  const turns = createTurns(atOnce);
  const asking = new Map<string, Promise<readonly string[]>>();

  async function ask(user: string): Promise<readonly string[]> {
    const newest = await recent.since(0, [user]);
    const found = await turns.take(() => readModel.conversationsChangedSince(user, 0, maxPeers));
    const conversations = new Set([...newest, ...found.map(({ _id }) => _id)]);
    const others = [...conversations].flatMap((conversation) => rosters.directMembers(conversation) ?? []);
    return [...new Set(others)].filter((other) => other !== user);
  }

  return {
    /** One question for all who ask at once. */
    of(user: string): Promise<readonly string[]> {
      const asked = asking.get(user);
      if (asked !== undefined) return asked;
      const answer = ask(user).finally(() => asking.delete(user));
      asking.set(user, answer);
      return answer;
    },
  };
}

/** Whether one of the two wants to hear nothing of the other. */
export async function blocks(commands: Pick<Commands, 'findUser'>, one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([commands.findUser(one), commands.findUser(other)]);
  return (first?.blocked.has(other) ?? false) || (second?.blocked.has(one) ?? false);
}
