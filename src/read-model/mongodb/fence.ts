import { ReadModelUnavailableError } from '../read-model.ts';
import type { Checkpoint } from '../read-model.ts';
import { begin, inLeaseTime, isLive, leaseMs, never, none, schemaVersion, shutOutOlder, stored } from './shares.ts';
import type { Holder, Shares } from './shares.ts';

/** The shares as they were when the fence was put up. */
export interface Fenced {
  /** Of the positions of all shares. */
  readonly least: number;
  readonly greatest: number;
  /** True where somebody held a share until now: its last batch may still be on its way. */
  readonly wasHeld: boolean;
}

/**
 * Keeps every projector from moving a position. What one has on its way may still be written to documents, which is
 * harmless wherever it lands: each write fits only the revision that it was made for.
 */
export interface Fence {
  /** Takes every share back, and keeps them for the time of a lease. */
  raise(): Promise<Fenced>;
  /** Keeps them for as long anew; changes nothing once it was lowered. */
  renew(): Promise<void>;
  /** True while nobody can have taken a share again, by this process's clock. */
  stands(): boolean;
  /** Lets projectors go on, from `position` where it is given: both then begin at what was applied meanwhile. */
  lower(position?: number): Promise<void>;
  /**
   * The collections were replaced by ones that hold everything up to this place: every share goes on from there. Where
   * the fence did not stand any more and shares have moved on, they go back to it.
   */
  lowerAt(checkpoint: Checkpoint): Promise<void>;
}

const margin = 1_000;

export function createFence(shares: Shares, { name, owner }: Holder): Fence {
  const { consumer, collection } = shares;
  const free = { holder: null, owner: null, epoch: 0, expires: never };
  const mine = { $and: [isLive('fence'), { $eq: ['$fence.owner', { $literal: owner }] }] };
  let until = -Infinity;

  return {
    async raise() {
      await begin(shares, 1);
      await shutOutOlder(shares);
      const asked = performance.now();
      const before = await collection.findOneAndUpdate(
        { _id: consumer, $expr: { $or: [mine, none(isLive('fence'))] } },
        [{ $set: { fence: { holder: { $literal: name }, owner, expires: inLeaseTime }, shares: mapShares(free) } }],
        { returnDocument: 'before' },
      );
      if (before === null) throw new ReadModelUnavailableError('another rebuild is putting its read model in use');
      until = asked + leaseMs - margin;
      const all = Object.values(before.shares);
      const positions = all.map(({ position }) => position);
      return {
        least: Math.min(...positions),
        greatest: Math.max(...positions),
        wasHeld: all.some(({ holder }) => holder !== null),
      };
    },

    async renew() {
      const asked = performance.now();
      const renewed = await collection.updateOne({ _id: consumer, $expr: mine }, [
        { $set: { 'fence.expires': inLeaseTime } },
      ]);
      if (renewed.matchedCount === 1 && until > 0) until = asked + leaseMs - margin;
    },

    stands: () => performance.now() < until,

    async lower(position) {
      until = -Infinity;
      const moved = position === undefined ? {} : { shares: mapShares({ position }) };
      await collection.updateOne({ _id: consumer, $expr: mine }, [{ $set: { ...moved, fence: null } }]);
    },

    async lowerAt(checkpoint) {
      until = -Infinity;
      const { position, landmark } = stored(checkpoint);
      const reached = { $cond: [mine, position, { $min: ['$$share.v.position', position] }] };
      await collection.updateOne({ _id: consumer }, [
        {
          $set: {
            version: schemaVersion,
            shares: mapShares({ ...free, position: reached, landmark: { $literal: landmark } }),
            fence: { $cond: [mine, null, '$fence'] },
          },
        },
      ]);
    },
  };
}

/** Every share with some fields changed. */
export function mapShares(fields: object) {
  const changed = { k: '$$share.k', v: { $mergeObjects: ['$$share.v', fields] } };
  return { $arrayToObject: { $map: { input: { $objectToArray: '$shares' }, as: 'share', in: changed } } };
}
