import { ReadModelUnavailableError } from '../read-model.ts';
import type { Lease } from '../lease.ts';
import type { Partition } from '../../shared/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { deadlines, maxReadMs } from './client.ts';
import { acquire, findShares, leaseMs, leaseOf, positionOf } from './shares.ts';
import type { Holder, ShareLease, Shares } from './shares.ts';
import { within } from './within.ts';

/** Milliseconds between two renewals: several may fail before the lease ends. */
const renewEvery = 1_500;
/** Nothing is begun any more this long before the lease may have ended. */
const margin = 1_000;

/** One acquisition of a share, while it lasts. */
export interface Acquisition {
  readonly position: number;
  /** Throws `ReadModelUnavailableError` once it has ended, or may have. */
  assertHeld(): void;
}

/** The lease of a share, as who writes under it sees it. */
export interface ShareHolder extends Lease {
  /** The acquisition that lasts. Throws `ReadModelUnavailableError` where none does. */
  current(): Acquisition;
}

export interface ShareLeaseOptions {
  /** Makes ready what is written under the lease, in time. Called before each acquisition. */
  readonly prepare: () => Promise<void>;
  readonly shares: Shares;
  readonly partition: Partition;
  readonly holder: Holder;
  readonly log: Logger;
}

interface Held extends Acquisition {
  readonly lease: ShareLease;
  readonly timer: NodeJS.Timeout;
  position: number;
  /** By this process's monotonic clock: begun before the request, so it ends before the server's. */
  validUntil: number;
}

/** The share `partition` of a consumer. Nothing is taken before `acquire`. */
export function createShareLease(options: ShareLeaseOptions): ShareHolder {
  const { prepare, shares, partition, holder, log } = options;
  const share = `${partition.index}/${partition.count}`;
  const where = { consumer: shares.consumer, share };
  let held: Held | undefined;
  let taking: Promise<void> | undefined;
  let released = false;

  const isHeld = (one: Held | undefined): one is Held =>
    one !== undefined && one === held && performance.now() < one.validUntil;

  async function take(): Promise<void> {
    const begun = performance.now();
    await prepare();
    const asked = performance.now();
    const acquired = await within(deadlines.write, acquire(shares, partition, holder));
    const taken: Held = {
      lease: leaseOf(shares, partition, acquired),
      timer: setInterval(() => void renew(taken), renewEvery),
      position: acquired.position,
      validUntil: asked + leaseMs - margin,
      assertHeld() {
        if (!isHeld(taken)) throw new ReadModelUnavailableError(`share ${share} was lost`);
      },
    };
    if (released) {
      clearInterval(taken.timer);
      await giveBack(taken);
      throw closed();
    }
    held = taken;
    log.info({ ...where, position: taken.position, ms: Math.round(asked - begun) }, 'share taken');
  }

  function lose(lost: Held, reason: string): void {
    clearInterval(lost.timer);
    if (held !== lost) return;
    held = undefined;
    log.warn({ ...where, reason }, 'share lost');
  }

  async function renew(one: Held): Promise<void> {
    const asked = performance.now();
    try {
      if (await within(deadlines.write, one.lease.renew())) one.validUntil = asked + leaseMs - margin;
      else lose(one, takenAway);
    } catch (error) {
      // The next renewal, or the end of the lease, decides.
      log.debug({ ...where, error }, 'lease not renewed');
    }
  }

  async function giveBack(one: Held): Promise<void> {
    await within(deadlines.read, one.lease.release()).catch((error: unknown) => {
      log.debug({ ...where, error }, 'lease not given back, it ends by itself');
    });
  }

  function current(): Held {
    if (isHeld(held)) return held;
    if (held !== undefined) lose(held, 'its lease was not renewed in time');
    throw released ? closed() : new ReadModelUnavailableError(`share ${share} is not held`);
  }

  return {
    async acquire() {
      if (released) throw closed();
      if (isHeld(held)) return;
      if (held !== undefined) lose(held, 'its lease was not renewed in time');
      taking ??= take().finally(() => (taking = undefined));
      await taking;
    },
    held: () => isHeld(held),
    current,

    async position() {
      if (isHeld(held)) return held.position;
      return positionOf(await within(deadlines.read, findShares(shares, maxReadMs)), partition);
    },

    async advance(position) {
      const one = current();
      if (!(await within(deadlines.write, one.lease.advance(position)))) {
        lose(one, takenAway);
        throw new ReadModelUnavailableError(`share ${share} was lost`);
      }
      one.position = Math.max(one.position, position);
    },

    async release() {
      released = true;
      await taking?.catch(() => undefined);
      if (held === undefined) return;
      clearInterval(held.timer);
      const last = held;
      held = undefined;
      await giveBack(last);
    },
  };
}

const takenAway = 'somebody else holds it, or a rebuild took it back';

function closed(): ReadModelUnavailableError {
  return new ReadModelUnavailableError('the read model is closed');
}
