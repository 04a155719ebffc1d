import type { Commands } from '../commands/commands.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import { typingFrame } from '../protocol/signal-frames.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import { eachOf } from './hub.ts';
import type { Hub } from './hub.ts';
import { blocks } from './presence.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Outboxes, Session } from './session.ts';
import type { Signal, Signals } from './signals.ts';

export interface TypingDeps {
  readonly hub: Pick<Hub, 'ofUser'>;
  readonly outboxes: Pick<Outboxes, 'deliver'>;
  readonly readModel: Pick<ReadModelQueries, 'conversation'>;
  readonly recent: Pick<RecentChanges, 'since'>;
  readonly rosters: Pick<Rosters, 'of'>;
  readonly commands: Pick<Commands, 'findUser'>;
  readonly signals: Pick<Signals, 'tell'>;
}

type TypingSignal = Extract<Signal, { type: 'typing' }>;

/** Passes on who types. Nothing of it is kept, and nobody is told that a frame went nowhere. */
export interface Typing {
  said(session: Session, typing: Omit<TypingSignal, 'type'>): void;
  /** The socket is gone: what was typed in it is not any more. */
  left(session: Session): void;
  heard(signal: TypingSignal): void;
}

/** Frames of a socket a second: typing is said each 4 s, in a conversation or two. */
const maxPerSecond = 10;

export function createTyping({ hub, outboxes, readModel, recent, rosters, commands, signals }: TypingDeps): Typing {
  const rates = createRateLimits(maxPerSecond);
  /** Where sockets type; most of them nowhere. */
  const typingIn = new Map<Session, Set<string>>();

  /** Those who are told: of a conversation that there is, to which the user belongs. */
  async function hearers({ conversation, user }: TypingSignal): Promise<readonly string[]> {
    const roster = await rosters.of(conversation);
    if (roster?.joinedSeq(user) === undefined) return [];
    const others = roster.members.filter((member) => member !== user);
    if (!(await hasBegun(conversation, user))) return [];
    const blocked = await Promise.all(others.map((other) => blocks(commands, user, other)));
    return others.filter((_, index) => !blocked[index]);
  }

  async function hasBegun(conversation: string, user: string): Promise<boolean> {
    if ((await readModel.conversation(conversation)) !== undefined) return true;
    // Begun a moment ago, perhaps: the read model is not there yet.
    return (await recent.since(0, [user])).has(conversation);
  }

  async function deliver(signal: TypingSignal): Promise<boolean> {
    const users = await hearers(signal);
    const { conversation, user, on } = signal;
    const frame = typingFrame({ conversation, user, on });
    for (const hearer of users) {
      eachOf(hub.ofUser(hearer), (session) => {
        // Who catches up has missed it.
        if (session.kind === 'v1' && session.held === undefined) outboxes.deliver(session, frame);
      });
    }
    return users.length > 0;
  }

  /** Here and at the other gateways. */
  async function pass(signal: TypingSignal): Promise<void> {
    if (await deliver(signal)) signals.tell(signal);
  }

  function note(session: Session, conversation: string, on: boolean): void {
    const known = typingIn.get(session);
    if (on && known === undefined) typingIn.set(session, new Set([conversation]));
    else if (on) known?.add(conversation);
    else if (known?.delete(conversation) === true && known.size === 0) typingIn.delete(session);
  }

  return {
    said(session, typing) {
      if (rates.take(session.name ?? session.address) > 0) return;
      note(session, typing.conversation, typing.on);
      pass({ type: 'typing', ...typing }).catch(() => undefined);
    },

    left(session) {
      const { user } = session;
      for (const conversation of typingIn.get(session) ?? []) {
        if (user !== undefined) pass({ type: 'typing', conversation, user, on: false }).catch(() => undefined);
      }
      typingIn.delete(session);
    },

    heard: (signal) => void deliver(signal).catch(() => undefined),
  };
}
