import type { Partition } from '../../shared/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import type { Checkpoint } from '../read-model.ts';
import { deadlines } from './client.ts';
import { inLeaseTime, leaseMs, never, stored } from './shares.ts';
import type { Acquired, Shares } from './shares.ts';
import { within } from './within.ts';

/** Milliseconds between two renewals: several may fail before the lease ends. */
const renewEvery = 1_500;
/** Nothing is begun any more this long before the lease may have ended. */
const margin = 1_000;

/** One acquisition of a share, which renews itself while it lasts. */
export interface HeldShare {
  readonly position: number;
  readonly place: Checkpoint;
  /** True while nobody else can hold the share, by this process's clock. */
  held(): boolean;
  /** Throws `ReadModelUnavailableError` where that is not so. */
  assertHeld(): void;
  /** Moves the place on. Throws `ReadModelUnavailableError` where somebody else holds the share. */
  advance(to: Checkpoint): Promise<void>;
  /** Ends it here; its lease ends by itself. */
  abandon(): void;
  /** Ends it, and its lease. Never rejects: one that cannot be given back ends by itself. */
  giveBack(): Promise<void>;
}

export interface HeldShareOptions {
  readonly lease: ShareLease;
  readonly place: Checkpoint;
  /** When it was asked for, by this process's monotonic clock: so it ends here before it ends at the server. */
  readonly asked: number;
  /** Its name, for people. */
  readonly share: string;
  readonly log: Logger;
}

const takenAway = 'somebody else holds it, or a rebuild took it back';

export function holdShare({ lease, place: first, asked: begun, share, log }: HeldShareOptions): HeldShare {
  let place = first;
  let validUntil = begun + leaseMs - margin;
  const timer = setInterval(() => void renew(), renewEvery);

  function end(): void {
    clearInterval(timer);
    validUntil = -Infinity;
  }

  function lose(): void {
    end();
    log.warn({ reason: takenAway }, 'share lost');
  }

  async function renew(): Promise<void> {
    const asked = performance.now();
    try {
      const renewed = await within(deadlines.write, lease.renew());
      if (validUntil === -Infinity) return;
      if (renewed) validUntil = asked + leaseMs - margin;
      else lose();
    } catch (error) {
      // The next renewal, or the end of the lease, decides.
      log.debug({ error }, 'lease not renewed');
    }
  }

  const held = (): boolean => performance.now() < validUntil;
  const lost = (): ReadModelUnavailableError => new ReadModelUnavailableError(`share ${share} was lost`);
  return {
    get position() {
      return place.position;
    },
    get place() {
      return place;
    },
    held,
    assertHeld() {
      if (!held()) throw lost();
    },
    async advance(to) {
      if (!(await within(deadlines.write, lease.advance(to)))) {
        lose();
        throw lost();
      }
      place = to;
    },
    abandon: end,
    async giveBack() {
      end();
      await within(deadlines.read, lease.release()).catch((error: unknown) => {
        log.debug({ error }, 'lease not given back, it ends by itself');
      });
    },
  };
}

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
