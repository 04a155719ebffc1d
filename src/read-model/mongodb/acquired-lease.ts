import type { Partition } from '../../shared/config.ts';
import type { Checkpoint } from '../read-model.ts';
import { inLeaseTime, never, stored } from './shares.ts';
import type { Acquired, Shares } from './shares.ts';

/** The lease of one acquisition. Each tells whether it was still that acquisition's. */
export interface ShareLease {
  renew(): Promise<boolean>;
  /** Moves the place on, which must not be behind it. */
  advance(to: Checkpoint): Promise<boolean>;
  release(): Promise<void>;
}

export function leaseOf(
  { consumer, collection }: Shares,
  { index }: Partition,
  { epoch }: Pick<Acquired, 'epoch'>,
): ShareLease {
  const share = `shares.${index}`;
  const held = { _id: consumer, [`${share}.epoch`]: epoch };
  return {
    async renew() {
      const { matchedCount } = await collection.updateOne(held, [{ $set: { [`${share}.expires`]: inLeaseTime } }]);
      return matchedCount === 1;
    },
    async advance(to) {
      const { position, landmark } = stored(to);
      const moved = { $max: { [`${share}.position`]: position }, $set: { [`${share}.landmark`]: landmark } };
      const { matchedCount } = await collection.updateOne(held, moved);
      return matchedCount === 1;
    },
    async release() {
      const free = { [`${share}.holder`]: null, [`${share}.owner`]: null, [`${share}.expires`]: never };
      await collection.updateOne(held, { $set: { ...free, [`${share}.epoch`]: 0 } });
    },
  };
}
