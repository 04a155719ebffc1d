import type { Authenticator } from '../auth/authenticator.ts';
import type { Commands } from '../commands/commands.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Logger } from '../shared/logger.ts';
import type { Hub } from './hub.ts';
import type { Outboxes, Session } from './session.ts';

export interface ProtocolDeps {
  readonly commands: Commands;
  readonly rosters: Pick<Rosters, 'groupsOf'>;
  readonly authenticator: Authenticator;
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly logger: Logger;
  /** Names this process in session ids. */
  readonly gatewayId: string;
  readonly positions: WirePositions;
  /** Position of the newest event that the feed handed out. */
  feedPosition(): number;
}

/** What a session does with frames, whichever protocol it speaks. */
export interface Protocol {
  open(session: Session): void;
  frame(session: Session, text: string): void;
}

export function sessionId({ gatewayId }: Pick<ProtocolDeps, 'gatewayId'>, session: Session): string {
  return `${gatewayId}-${session.number.toString(36)}`;
}
