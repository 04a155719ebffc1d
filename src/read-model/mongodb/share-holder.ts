import { ReadModelMovedError, ReadModelUnavailableError } from '../read-model.ts';
import type { ReadModel } from '../read-model.ts';
import type { Collection } from 'mongodb';
import type { Partition } from '../../shared/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { createBatchWriter } from './batch-writer.ts';
import type { BatchWriter } from './batch-writer.ts';
import { deadlines } from './client.ts';
import { ensureIndexes } from './collections.ts';
import type { Collections } from './collections.ts';
import { acquire, leaseMs, leaseOf } from './shares.ts';
import type { Holder, ShareLease, SharesDocument } from './shares.ts';
import { within } from './within.ts';

/** Milliseconds between two renewals: several may fail before the lease ends. */
const renewEvery = 1_500;
/** Nothing is begun any more this long before the lease may have ended. */
const margin = 1_000;

/** A share while this process holds it. */
interface Held {
  readonly lease: ShareLease;
  readonly writer: BatchWriter;
  readonly timer: NodeJS.Timeout;
  position: number;
  /** By this process's monotonic clock: begun before the request, so it ends before the server's. */
  validUntil: number;
}

/**
 * The one writer of a share of the read model. The share is taken at the first use, and again after it was lost, so
 * whoever holds it sees no more of that than `ReadModelUnavailableError` and, perhaps, another checkpoint.
 */
export interface ShareHolder extends Pick<ReadModel, 'checkpoint' | 'apply'> {
  /** Gives the share back, so that another process need not wait for the end of the lease. Never rejects. */
  release(): Promise<void>;
}

export interface ShareHolderOptions {
  /** Does nothing where the client is connected. */
  readonly connect: () => Promise<void>;
  readonly collections: Collections;
  readonly shares: Collection<SharesDocument>;
  readonly partition: Partition;
  readonly holder: Holder;
  readonly log: Logger;
}

export function createShareHolder(options: ShareHolderOptions): ShareHolder {
  const { connect, collections, shares, partition, holder, log } = options;
  const name = `${partition.index}/${partition.count}`;
  let held: Held | undefined;
  let taking: Promise<Held> | undefined;
  let released = false;

  async function take(): Promise<Held> {
    const begun = performance.now();
    await within(deadlines.write, connect());
    await within(deadlines.write, ensureIndexes(collections));
    const asked = performance.now();
    const acquired = await within(deadlines.write, acquire(shares, partition, holder));
    const taken: Held = {
      lease: leaseOf(shares, partition, acquired),
      writer: createBatchWriter(collections),
      timer: setInterval(() => void renew(taken), renewEvery),
      position: acquired.position,
      validUntil: asked + leaseMs - margin,
    };
    if (released) {
      clearInterval(taken.timer);
      await giveBack(taken);
      throw new ReadModelUnavailableError('the read model is closed');
    }
    held = taken;
    log.info({ share: name, position: taken.position, ms: Math.round(asked - begun) }, 'share taken');
    return taken;
  }

  function current(): Promise<Held> {
    if (released) return Promise.reject(new ReadModelUnavailableError('the read model is closed'));
    if (held !== undefined && performance.now() < held.validUntil) return Promise.resolve(held);
    if (held !== undefined) lose(held, 'its lease was not renewed in time');
    taking ??= take().finally(() => (taking = undefined));
    return taking;
  }

  function lose(lost: Held, reason: string): void {
    clearInterval(lost.timer);
    if (held !== lost) return;
    held = undefined;
    log.warn({ share: name, reason }, 'share lost');
  }

  async function renew(one: Held): Promise<void> {
    const asked = performance.now();
    try {
      if (await within(deadlines.write, one.lease.renew())) one.validUntil = asked + leaseMs - margin;
      else lose(one, 'somebody else holds it, or a rebuild took it back');
    } catch (error) {
      // The next renewal, or the end of the lease, decides.
      log.debug({ share: name, error }, 'lease not renewed');
    }
  }

  async function giveBack(one: Held): Promise<void> {
    await within(deadlines.read, one.lease.release()).catch((error: unknown) => {
      log.debug({ share: name, error }, 'lease not given back, it ends by itself');
    });
  }

  return {
    async checkpoint() {
      const { position } = await current();
      return position;
    },

    async apply(batch, { after, position }) {
      const one = await current();
      if (one.position < after) throw new ReadModelMovedError(after, one.position);
      if (position <= one.position) return;
      const assertHeld = (): void => {
        if (held === one && performance.now() < one.validUntil) return;
        throw new ReadModelUnavailableError(`share ${name} was lost while a batch was written`);
      };
      await one.writer.write(batch, assertHeld);
      assertHeld();
      if (!(await within(deadlines.write, one.lease.advance(position)))) {
        lose(one, 'somebody else holds it, or a rebuild took it back');
        throw new ReadModelUnavailableError(`share ${name} was lost while a batch was written`);
      }
      one.position = position;
    },

    async release() {
      released = true;
      await taking?.catch(() => undefined);
      if (held === undefined) return;
      clearInterval(held.timer);
      await giveBack(held);
      held = undefined;
    },
  };
}
