import type { Collection, Db, Document } from 'mongodb';
import type { Partition } from '../../shared/config.ts';
import { OperatorError } from '../../shared/errors.ts';
import { ReadModelUnavailableError, ShareHeldError } from '../read-model.ts';
import { isDuplicateKey } from './errors.ts';

/** Shape of the three collections. Another one means that the read model has to be built anew. */
export const schemaVersion = 1;

/** Milliseconds, by the server's clock: a projector that died is replaced after this time. */
export const leaseMs = 5_000;

/** One part of the conversations, and how far the log was applied to them. */
export interface Share {
  readonly position: number;
  /** Who projects it, for people. */
  readonly holder: string | null;
  /** The same for the program: one handle of one process. */
  readonly owner: string | null;
  /** Different at every acquisition. Whoever names another one writes nothing here any more. */
  readonly epoch: number;
  readonly expires: Date;
}

/** The only document of `projection`: everything that must change together. */
export interface SharesDocument {
  readonly _id: 'shares';
  readonly version: number;
  /** Newest epoch given to anybody. */
  readonly epoch: number;
  readonly count: number;
  /** By index, `'1'` to `count`. */
  readonly shares: Readonly<Record<string, Share>>;
  /** A rebuild that is putting its collections in use: nobody may hold a share meanwhile. */
  readonly fence: { readonly holder: string; readonly owner: string; readonly expires: Date } | null;
}

export interface Holder {
  /** Shown to operators, e.g. `host-17 pid 312`. */
  readonly name: string;
  /** Unique to the handle. */
  readonly owner: string;
}

export function sharesOf(db: Db): Collection<SharesDocument> {
  return db.collection<SharesDocument>('projection');
}

export const never = new Date(0);
export const inLeaseTime = { $add: ['$$NOW', leaseMs] };
/** True while the lease at this path, or of the document itself, has not ended. */
export const isLive = (path?: string): Document => ({
  $gt: [path === undefined ? '$expires' : `$${path}.expires`, '$$NOW'],
});
export const none = (...conditions: readonly Document[]): Document => ({ $not: [{ $or: conditions }] });
/** `shares` as a list of its values. */
export const everyShare = { $map: { input: { $objectToArray: '$shares' }, as: 'share', in: '$$share.v' } };

/** Position up to which everything is applied, 0 where nothing is: what readers may rely on. */
export async function appliedPosition(shares: Collection<SharesDocument>, maxTimeMS: number): Promise<number> {
  const found = await shares.findOne({ _id: 'shares' }, { maxTimeMS });
  if (found === null) return 0;
  return Math.min(...Object.values(found.shares).map(({ position }) => position));
}

/** What `acquire` gives. */
export interface Acquired {
  readonly epoch: number;
  readonly position: number;
}

/**
 * Takes a share that nobody holds. Where the partitioning is another one and nobody holds any of its shares, the
 * conversations are divided anew, and every share begins at the least position of the old ones: what was applied beyond
 * it is applied again, which changes nothing.
 *
 * Throws `ShareHeldError` where somebody else holds it, or one of another partitioning; the message says who.
 * Throws `OperatorError` where the collections are of another version.
 */
export async function acquire(
  shares: Collection<SharesDocument>,
  partition: Partition,
  holder: Holder,
): Promise<Acquired> {
  const { index, count } = partition;
  await begin(shares, count);
  await divide(shares, count);
  const share = `shares.${index}`;
  const mine = { $eq: [`$${share}.owner`, { $literal: holder.owner }] };
  const taken = await shares.findOneAndUpdate(
    {
      _id: 'shares',
      version: schemaVersion,
      count,
      $expr: { $and: [none(isLive('fence')), { $or: [mine, none(isLive(share))] }] },
    },
    [
      { $set: { epoch: { $add: ['$epoch', 1] } } },
      {
        $set: {
          [`${share}.holder`]: { $literal: holder.name },
          [`${share}.owner`]: { $literal: holder.owner },
          [`${share}.epoch`]: '$epoch',
          [`${share}.expires`]: inLeaseTime,
        },
      },
    ],
    { returnDocument: 'after' },
  );
  const acquired = taken?.shares[index];
  if (acquired === undefined) throw refusal(await shares.findOne({ _id: 'shares' }), partition);
  return { epoch: acquired.epoch, position: acquired.position };
}

/** Makes the document where there is none. */
export async function begin(shares: Collection<SharesDocument>, count: number): Promise<void> {
  if ((await shares.findOne({ _id: 'shares' })) !== null) return;
  const free: Share = { position: 0, holder: null, owner: null, epoch: 0, expires: never };
  const all = Object.fromEntries(indexes(count).map((index) => [index, free]));
  try {
    await shares.insertOne({ _id: 'shares', version: schemaVersion, epoch: 0, count, shares: all, fence: null });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

async function divide(shares: Collection<SharesDocument>, count: number): Promise<void> {
  const live = {
    $anyElementTrue: [{ $map: { input: everyShare, as: 'one', in: { $gt: ['$$one.expires', '$$NOW'] } } }],
  };
  const free = { position: '$least', holder: null, owner: null, epoch: 0, expires: never };
  await shares.updateOne(
    { _id: 'shares', version: schemaVersion, count: { $ne: count }, $expr: none(isLive('fence'), live) },
    [
      { $set: { count, least: { $min: { $map: { input: everyShare, as: 'one', in: '$$one.position' } } } } },
      // Setting an object over another one would merge the two.
      { $unset: 'shares' },
      { $set: { shares: Object.fromEntries(indexes(count).map((index) => [index, free])) } },
      { $unset: 'least' },
    ],
  );
}

function indexes(count: number): string[] {
  return Array.from({ length: count }, (_, place) => String(place + 1));
}

function refusal(found: SharesDocument | null, { index, count }: Partition): Error {
  if (found === null) return new ReadModelUnavailableError('the read model was removed a moment ago');
  const { version, fence, shares } = found;
  if (version !== schemaVersion) {
    return new OperatorError(
      `the collections are of version ${version}, this program writes version ${schemaVersion}: ` +
        (version < schemaVersion ? 'build them anew with `weiliao rebuild`' : 'use the newer program'),
    );
  }
  if (found.count !== count) {
    const live = Object.entries(shares).find(([, { holder }]) => holder !== null);
    const held = live === undefined ? '' : `; ${live[0]}/${found.count} is held by ${live[1].holder ?? 'nobody'}`;
    return new ShareHeldError(
      `conversations are divided among ${found.count} projectors, not ${count}, until all of those have ended${held}`,
    );
  }
  if (fence !== null && (shares[index]?.holder ?? null) === null) {
    return new ShareHeldError(`a read model built anew is being put in use by ${fence.holder}`);
  }
  return new ShareHeldError(`share ${index}/${count} is held by ${shares[index]?.holder ?? 'nobody'}`);
}

/** The lease of one acquisition. Each tells whether it was still that acquisition's. */
export interface ShareLease {
  renew(): Promise<boolean>;
  /** Moves the position on, never back. */
  advance(position: number): Promise<boolean>;
  release(): Promise<void>;
}

export function leaseOf(
  shares: Collection<SharesDocument>,
  { index }: Partition,
  { epoch }: Pick<Acquired, 'epoch'>,
): ShareLease {
  const share = `shares.${index}`;
  const held = { _id: 'shares' as const, [`${share}.epoch`]: epoch };
  return {
    async renew() {
      const { matchedCount } = await shares.updateOne(held, [{ $set: { [`${share}.expires`]: inLeaseTime } }]);
      return matchedCount === 1;
    },
    async advance(position) {
      const { matchedCount } = await shares.updateOne(held, { $max: { [`${share}.position`]: position } });
      return matchedCount === 1;
    },
    async release() {
      const free = { [`${share}.holder`]: null, [`${share}.owner`]: null, [`${share}.expires`]: never };
      await shares.updateOne(held, { $set: { ...free, [`${share}.epoch`]: 0 } });
    },
  };
}
