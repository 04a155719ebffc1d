import type { Collection, Db } from 'mongodb';
import { OperatorError } from '../../shared/errors.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import { deadlines } from './client.ts';
import { isDuplicateKey } from './errors.ts';
import { placesName } from './ownership.ts';
import { inLeaseTime, isLive, leaseMs, never, none } from './shares.ts';
import type { Holder } from './shares.ts';
import { within } from './within.ts';

/** In `projection`, beside the shares: who builds anew what the consumer makes. */
interface RebuildDocument {
  /** `<consumer> rebuild` */
  readonly _id: string;
  readonly holder: string;
  readonly owner: string;
  readonly expires: Date;
}

const renewEvery = 1_500;
const margin = 1_000;

/** Lets one rebuild at a time work in a database; a dead one gives way after the time of a lease. */
export interface RebuildLease {
  /**
   * Throws `ReadModelUnavailableError` where it may have ended, which passes where nobody took it meanwhile, and
   * `OperatorError` where somebody did.
   */
  assertHeld(): void;
  /** Never rejects. Safe to call twice. */
  release(): Promise<void>;
}

/** Throws `OperatorError` where another one is at work. */
export async function leaseRebuild(db: Db, consumer: string, { name, owner }: Holder): Promise<RebuildLease> {
  const leases: Collection<RebuildDocument> = db.collection(placesName);
  const _id = `${consumer} rebuild`;
  const theirs = { _id, owner };
  await within(deadlines.write, begin(leases, _id));
  const asked = performance.now();
  const free = { _id, $expr: none(isLive()) };
  const lease = { holder: { $literal: name }, owner, expires: inLeaseTime };
  const { matchedCount } = await within(deadlines.write, leases.updateOne(free, [{ $set: lease }]));
  if (matchedCount === 0) {
    const found = await within(deadlines.read, leases.findOne({ _id }));
    throw new OperatorError(`a read model is being built by ${found?.holder ?? 'somebody'} already; wait for that one`);
  }
  let validUntil = asked + leaseMs - margin;
  let taken = false;

  async function renew(): Promise<void> {
    const begun = performance.now();
    const { matchedCount } = await within(
      deadlines.write,
      leases.updateOne(theirs, [{ $set: { expires: inLeaseTime } }]),
    );
    if (matchedCount === 1) validUntil = begun + leaseMs - margin;
    else taken = true;
  }

  // What fails is tried again; `assertHeld` tells when it failed for too long.
  const timer = setInterval(() => void renew().catch(() => undefined), renewEvery);
  return {
    assertHeld() {
      if (taken) throw new OperatorError('another rebuild has taken over from this one');
      if (performance.now() >= validUntil) throw new ReadModelUnavailableError('the lease of the rebuild was lost');
    },
    async release() {
      clearInterval(timer);
      await within(deadlines.read, leases.deleteOne(theirs)).catch(() => undefined);
    },
  };
}

/** Makes the document where there is none. */
async function begin(leases: Collection<RebuildDocument>, _id: string): Promise<void> {
  try {
    await leases.insertOne({ _id, holder: '', owner: '', expires: never });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}
