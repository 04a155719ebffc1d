import { ReadModelUnavailableError } from '../read-model.ts';
import type { Lease } from '../lease.ts';
import type { Partition } from '../../shared/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { deadlines, maxReadMs } from './client.ts';
import { holdShare } from './held-share.ts';
import type { HeldShare } from './held-share.ts';
import { leaseOf } from './acquired-lease.ts';
import { acquire, findShares, placeIn } from './shares.ts';
import type { Holder, Shares } from './shares.ts';
import { within } from './within.ts';

/** The lease of a share, as who writes under it sees it. */
export interface ShareHolder extends Lease {
  /** The acquisition that lasts. Throws `ReadModelUnavailableError` where none does. */
  current(): HeldShare;
}

export interface ShareLeaseOptions {
  /** Makes ready what is written under the lease, in time. Called before each acquisition and at each renewal. */
  readonly prepare: () => Promise<void>;
  readonly shares: Shares;
  readonly partition: Partition;
  readonly holder: Holder;
  readonly log: Logger;
}

/** The share `partition` of a consumer. Nothing is taken before `acquire`. */
export function createShareLease({ prepare, shares, partition, holder, log }: ShareLeaseOptions): ShareHolder {
  const share = `${partition.index}/${partition.count}`;
  const logOfShare = log.child({ consumer: shares.consumer, share });
  let latest: HeldShare | undefined;
  let taking: Promise<void> | undefined;
  let released = false;

  async function take(): Promise<void> {
    const begun = performance.now();
    latest?.abandon();
    await prepare();
    const asked = performance.now();
    const { epoch, ...place } = await within(deadlines.write, acquire(shares, partition, holder));
    const lease = leaseOf(shares, partition, { epoch });
    const taken = holdShare({ lease, upkeep: prepare, place, asked, share, log: logOfShare });
    if (isReleased()) {
      await taken.giveBack();
      throw closed();
    }
    latest = taken;
    logOfShare.info({ position: place.position, ms: Math.round(asked - begun) }, 'share taken');
  }

  /** Read anew: TypeScript believes that a variable stays what it was before an await. */
  const isReleased = (): boolean => released;
  const held = (): HeldShare | undefined => (latest?.held() === true ? latest : undefined);

  function current(): HeldShare {
    const one = held();
    if (one !== undefined) return one;
    throw released ? closed() : new ReadModelUnavailableError(`share ${share} is not held`);
  }

  return {
    async acquire() {
      if (released) throw closed();
      if (held() !== undefined) return;
      taking ??= take().finally(() => (taking = undefined));
      await taking;
    },
    held: () => held() !== undefined,
    current,
    async place() {
      return held()?.place ?? placeIn(await within(deadlines.read, findShares(shares, maxReadMs)), partition);
    },
    advance: (to) => current().advance(to),
    async release() {
      released = true;
      await taking?.catch(() => undefined);
      const last = latest;
      latest = undefined;
      await last?.giveBack();
    },
  };
}

function closed(): ReadModelUnavailableError {
  return new ReadModelUnavailableError('the read model is closed');
}
