import type { Commands } from '../commands/commands.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { Logger } from '../shared/logger.ts';
import type { Hub } from './hub.ts';
import type { RecentChanges } from './recent-changes.ts';
import { createPresence } from './presence.ts';
import type { Outboxes, Session } from './session.ts';
import { createSignals, noSignals } from './signals.ts';
import type { Signal, Signals } from './signals.ts';
import { createTyping } from './typing.ts';

export interface CompanyDeps {
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly store: Pick<EventStore, 'appendToStream' | 'readStream' | 'subscribeToAll' | 'lastPosition'>;
  readonly readModel: Pick<ReadModelQueries, 'conversation' | 'conversationsChangedSince'>;
  readonly recent: Pick<RecentChanges, 'since'>;
  readonly rosters: Rosters;
  readonly commands: Commands;
  readonly logger: Logger;
  readonly gatewayId: string;
  /** Whether there may be other gateways. */
  readonly shared: boolean;
}

/** What users see of each other beside messages: who is there, and who types. */
export interface Company {
  /** A socket of the user joined the hub. */
  arrived(session: Session, user: string): void;
  /** A socket has left the hub. */
  left(session: Session): void;
  /** A conversation has begun. */
  met(members: readonly string[]): void;
  typing(session: Session, said: { readonly conversation: string; readonly user: string; readonly on: boolean }): void;
  stop(): Promise<void>;
}

export function createCompany(deps: CompanyDeps): Company {
  const onSignal = (from: string, signal: Signal): void => {
    if (signal.type === 'typing') typing.heard(signal);
    else presence.heard(from, signal);
  };
  const onGap = (): void => presence.again();
  const signals: Signals = deps.shared ? createSignals({ ...deps, onSignal, onGap }) : noSignals;
  const typing = createTyping({ ...deps, signals });
  const presence = createPresence({ ...deps, signals });
  return {
    arrived: presence.arrived,
    left(session) {
      typing.left(session);
      if (session.user !== undefined) presence.left(session.user);
    },
    met([one, other]) {
      if (one !== undefined && other !== undefined) presence.met(one, other);
    },
    typing: typing.said,
    async stop() {
      presence.stop();
      await signals.stop();
    },
  };
}
