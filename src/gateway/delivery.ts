import type { Commands } from '../commands/commands.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createAsideTeller } from './aside.ts';
import { createFanOut } from './fan-out.ts';
import type { Hub } from './hub.ts';
import { createOriginalReads } from './original.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Outboxes } from './session.ts';

export interface DeliveryDeps {
  readonly gatewayId: string;
  readonly commands: Commands;
  readonly rosters: Rosters;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly positions: WirePositions;
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly recent: RecentChanges;
  /** The first message of a direct conversation was delivered. */
  onBegun(members: readonly string[]): void;
}

/** What is done with a batch of the feed. */
export function createDelivery(deps: DeliveryDeps): (events: readonly RecordedEvent[]) => void {
  const { metrics, logger, positions } = deps;
  const reads = createOriginalReads(deps);
  const deliver = createFanOut({
    ...deps,
    onOriginalDelivery: reads.note,
    onChange: deps.recent.note,
    onFanOut: (sockets) => metrics.fanOut.observe(sockets),
    onAside: createAsideTeller(logger, metrics),
  });
  return (events) => {
    positions.note(events);
    deliver(events);
    reads.flush();
    const newest = events.at(-1);
    if (newest === undefined) return;
    metrics.feedPosition.set(newest.position);
    metrics.feedLagSeconds.observe(Math.max(0, Date.now() - newest.created) / 1_000);
  };
}
