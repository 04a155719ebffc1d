import { closeCodes } from '../protocol/close-codes.ts';
import type { Config } from '../shared/config.ts';
import type { Metrics } from '../shared/metrics.ts';
import { fullest } from './fullest.ts';
import { createHub } from './hub.ts';
import type { Hub } from './hub.ts';
import { createOutboxes } from './session.ts';
import type { Outboxes, Session } from './session.ts';

/** What the parts of a gateway share. */
export interface Parts {
  readonly hub: Hub;
  readonly sessions: Set<Session>;
  readonly outboxes: Outboxes;
  /** Told of conversations that begin, once there is somebody to tell. */
  begun?: (members: readonly string[]) => void;
}

export interface PartsDeps {
  readonly config: Pick<Config, 'limits'>;
  readonly metrics: Pick<Metrics, 'framesOut' | 'unsentBytes'>;
}

export function createParts({ config, metrics }: PartsDeps): Parts {
  const outboxes = createOutboxes({
    maxBufferedBytes: config.limits.bufferedBytes,
    onSent: (frames) => metrics.framesOut.inc(frames),
    onTooSlow: (session) => outboxes.close(session, closeCodes.tooSlow, 'too slow'),
  });
  const sessions = new Set<Session>();
  metrics.unsentBytes.from(() => fullest(sessions));
  return { hub: createHub(), sessions, outboxes };
}
