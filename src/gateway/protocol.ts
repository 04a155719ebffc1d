import { randomBytes } from 'node:crypto';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Commands } from '../commands/commands.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Limits } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import type { Company } from './company.ts';
import type { Hub } from './hub.ts';
import type { Resume } from './resume.ts';
import type { Outboxes, Session } from './session.ts';

export interface ProtocolDeps {
  readonly commands: Commands;
  readonly rosters: Pick<Rosters, 'groupsOf'>;
  readonly authenticator: Authenticator;
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'ackSeconds'>;
  readonly limits: Pick<Limits, 'socketsPerUser' | 'helloRate' | 'refusalRate'>;
  readonly tellRefusal: RefusalLog;
  /** Names this process in session ids. */
  readonly gatewayId: string;
  readonly positions: WirePositions;
  readonly resume: Resume;
  readonly company: Company;
  /** Position of the newest event that the feed handed out. */
  feedPosition(): number;
}

/** What a session does with frames, whichever protocol it speaks. */
export interface Protocol {
  open(session: Session): void;
  frame(session: Session, text: string): void;
}

/** A session's name tells nothing of how many there are. */
export function sessionId({ gatewayId }: Pick<ProtocolDeps, 'gatewayId'>, session: Session): string {
  session.name ??= `${gatewayId}-${randomBytes(9).toString('base64url')}`;
  return session.name;
}
