import type { Logger } from '../../shared/logger.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import type { Checkpoint } from '../read-model.ts';
import { deadlines } from './client.ts';
import { UnfitCollectionsError } from './ownership.ts';
import { leaseMs } from './shares.ts';
import type { ShareLease } from './acquired-lease.ts';
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
  /** Looks after what is written under it, at each renewal. An `UnfitCollectionsError` ends it. */
  readonly upkeep: () => Promise<void>;
  readonly place: Checkpoint;
  /** When it was asked for, by this process's monotonic clock: so it ends here before it ends at the server. */
  readonly asked: number;
  /** Its name, for people. */
  readonly share: string;
  readonly log: Logger;
}

const takenAway = 'somebody else holds it, or a rebuild took it back';

export function holdShare({ lease, upkeep, place: first, asked: begun, share, log }: HeldShareOptions): HeldShare {
  let place = first;
  let validUntil = begun + leaseMs - margin;
  const timer = setInterval(() => void renew(), renewEvery);

  function end(): void {
    clearInterval(timer);
    validUntil = -Infinity;
  }

  function lose(reason: string = takenAway): void {
    end();
    log.warn({ reason }, 'share lost');
  }

  async function renew(): Promise<void> {
    const asked = performance.now();
    try {
      const renewed = await within(deadlines.write, lease.renew());
      if (validUntil === -Infinity) return;
      if (!renewed) {
        lose();
        return;
      }
      validUntil = asked + leaseMs - margin;
      await upkeep();
    } catch (error) {
      if (error instanceof UnfitCollectionsError) {
        lose(error.message);
        return;
      }
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
