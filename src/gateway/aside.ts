import type { RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';

/**
 * Why an event is not delivered: a newer program wrote its kind, its stream only looks like one of ours, or it, or one
 * before it in its conversation, cannot be read.
 */
export type Aside = 'unknown' | 'foreign' | 'damaged';

/** Milliseconds between two lines of the log that say the same: while two versions run there may be thousands. */
const tellEvery = 60_000;

/** Counts events that are left aside, and tells of them now and then. */
export function createAsideTeller(
  logger: Logger,
  metrics: Pick<Metrics, 'feedAside'>,
  now: () => number = () => performance.now(),
): (kind: Aside, event: RecordedEvent) => void {
  const told = new Map<Aside, number>();
  return (kind, { type, stream, revision, position }) => {
    metrics.feedAside.inc({ kind });
    if (now() - (told.get(kind) ?? -Infinity) < tellEvery) return;
    told.set(kind, now());
    logger.warn({ component: 'feed', kind, type, stream, revision, position }, 'event not delivered');
  };
}
