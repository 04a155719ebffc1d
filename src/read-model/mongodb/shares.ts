import type { Collection, Db, Document } from 'mongodb';
import type { Landmark } from '../../event-store/log-identity.ts';
import type { Partition } from '../../shared/config.ts';
import { documentsVersion } from '../documents.ts';
import { LeaseHeldError } from '../lease.ts';
import { nowhere, ReadModelUnavailableError } from '../read-model.ts';
import type { Checkpoint } from '../read-model.ts';
import { isDuplicateKey } from './errors.ts';
import { placesName } from './ownership.ts';
import { isSound } from './sound-shares.ts';

/** Shape of the collections and of what is kept here. Another one means that the read model has to be built anew. */
export const schemaVersion = documentsVersion;

/** Milliseconds, by the server's clock: a projector that died is replaced after this time. */
export const leaseMs = 5_000;

/** One part of the conversations, and how far the log was applied to them. */
export interface Share {
  readonly position: number;
  /** The event at position `at`. Older programs move on without it. */
  readonly landmark?: (Landmark & { readonly at: number }) | null;
  /** Who projects it, for people. */
  readonly holder: string | null;
  /** The same for the program: one handle of one process. */
  readonly owner: string | null;
  /** Different at every acquisition. Whoever names another one writes nothing here any more. */
  readonly epoch: number;
  readonly expires: Date;
}

/** A consumer's document in `projection`: everything of it that must change together. */
export interface SharesDocument {
  /** Name of the consumer. */
  readonly _id: string;
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

/** The document of one consumer. */
export interface Shares {
  readonly consumer: string;
  readonly collection: Collection<SharesDocument>;
}

export function sharesOf(db: Db, consumer: string): Shares {
  return { consumer, collection: db.collection<SharesDocument>(placesName) };
}

/** The document; null where the consumer has never run, or where nothing can be told from it. */
export async function findShares({ consumer, collection }: Shares, maxTimeMS?: number): Promise<SharesDocument | null> {
  const found = await collection.findOne({ _id: consumer }, maxTimeMS === undefined ? {} : { maxTimeMS });
  return isSound(found) ? found : null;
}

/** The share that has come least far: everything up to its position is applied. */
export function leastShare({ shares }: Pick<SharesDocument, 'shares'>): Share {
  return Object.values(shares).reduce((least, share) => (share.position < least.position ? share : least));
}

export function placeOf({ position, landmark }: Share): Checkpoint {
  if (landmark?.at !== position) return { position, landmark: undefined };
  const { log, stream, revision, id, created } = landmark;
  return { position, landmark: { log, stream, revision, id, created } };
}

/** A place as it is stored. */
export function stored({ position, landmark }: Checkpoint): Pick<Share, 'position' | 'landmark'> {
  return { position, landmark: landmark === undefined ? null : { ...landmark, at: position } };
}

export const never = new Date(0);
export const inLeaseTime = { $add: ['$$NOW', leaseMs] };
/**
 * True while the lease at this path, or of the document itself, has not ended. One that would last longer than any is
 * given for was given before the server's clock was set back: whoever lives renews it, and it counts as ended.
 */
export const isLive = (path?: string): Document => runs(path === undefined ? '$expires' : `$${path}.expires`);
/** The clocks of a replica set's members differ a little: twice the time of a lease. */
const longest = { $add: ['$$NOW', 2 * leaseMs] };
const runs = (expires: string): Document => ({
  $and: [{ $gt: [expires, '$$NOW'] }, { $lte: [expires, longest] }],
});
export const none = (...conditions: readonly Document[]): Document => ({ $not: [{ $or: conditions }] });
/** `shares` as a list of its values. */
const everyShare = { $map: { input: { $objectToArray: '$shares' }, as: 'share', in: '$$share.v' } };

/** What `acquire` gives. */
export interface Acquired extends Checkpoint {
  readonly epoch: number;
}

/** Place of a share, the begin where it is not there: the least of all where the conversations are divided otherwise. */
export function placeIn(found: SharesDocument | null, { index, count }: Partition): Checkpoint {
  if (found === null) return nowhere;
  return placeOf((found.count === count ? found.shares[index] : undefined) ?? leastShare(found));
}

/**
 * Takes a share that nobody holds. Where the partitioning is another one and nobody holds any of its shares, the
 * conversations are divided anew, and every share begins at the least position of the old ones: what was applied beyond
 * it is applied again, which changes nothing.
 *
 * Throws `LeaseHeldError` where somebody else holds it, or one of another partitioning; the message says who.
 * Throws `ReadModelUnavailableError` where the collections are of another version.
 */
export async function acquire(shares: Shares, partition: Partition, holder: Holder): Promise<Acquired> {
  const { index, count } = partition;
  await begin(shares, count);
  await divide(shares, count);
  const share = `shares.${index}`;
  const mine = { $eq: [`$${share}.owner`, { $literal: holder.owner }] };
  const taken = await shares.collection.findOneAndUpdate(
    {
      _id: shares.consumer,
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
  if (acquired === undefined) throw refusal(await findShares(shares), partition);
  return { epoch: acquired.epoch, ...placeOf(acquired) };
}

/** Where programs before version 2 kept the shares of the read model, the only consumer they knew. */
const former = 'shares';

/**
 * Makes the document where there is none that tells anything. Beside collections of an older version it is of that
 * version too, and refused like them. Epochs begin at the time, above those of a document that was lost.
 */
export async function begin(shares: Shares, count: number): Promise<void> {
  if ((await findShares(shares)) !== null) return;
  const { consumer, collection } = shares;
  await collection.deleteOne({ _id: consumer });
  const epoch = Date.now();
  const older = await collection.findOne({ _id: former });
  const version = older?.version ?? schemaVersion;
  try {
    await collection.insertOne({ _id: consumer, version, epoch, count, shares: freeShares(count), fence: null });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  if (older === null) await shutOutOlder(shares);
}

/**
 * Programs before version 2 look for their document: they find that it is of a newer version now, or lose the share that
 * they hold, and write nothing any more.
 */
export async function shutOutOlder({ collection }: Shares): Promise<void> {
  const shut = { version: schemaVersion, epoch: 0, count: 1, shares: freeShares(1), fence: null };
  await collection.updateOne({ _id: former }, { $set: shut }, { upsert: true });
}

/** A share that nobody holds, at the beginning. */
export const free: Share = { position: 0, landmark: null, holder: null, owner: null, epoch: 0, expires: never };

function freeShares(count: number): Record<string, Share> {
  return Object.fromEntries(indexes(count).map((index) => [index, free]));
}

async function divide({ consumer, collection }: Shares, count: number): Promise<void> {
  const live = { $anyElementTrue: [{ $map: { input: everyShare, as: 'one', in: runs('$$one.expires') } }] };
  const from = { ...free, position: '$least.position', landmark: '$least.landmark' };
  const least = { $min: { $map: { input: everyShare, as: 'one', in: '$$one.position' } } };
  const ofLeast = { $filter: { input: everyShare, as: 'one', cond: { $eq: ['$$one.position', least] } } };
  await collection.updateOne(
    { _id: consumer, version: schemaVersion, count: { $ne: count }, $expr: none(isLive('fence'), live) },
    [
      { $set: { count, least: { $first: ofLeast } } },
      // Setting an object over another one would merge the two.
      { $unset: 'shares' },
      { $set: { shares: Object.fromEntries(indexes(count).map((index) => [index, from])) } },
      { $unset: 'least' },
    ],
  );
}

function indexes(count: number): string[] {
  return Array.from({ length: count }, (_, place) => String(place + 1));
}

function refusal(found: SharesDocument | null, partition: Partition): Error {
  if (found === null) return new ReadModelUnavailableError('the read model was removed a moment ago');
  return found.version === schemaVersion ? heldBy(found, partition) : otherVersion(found);
}

/** Passes once they were built anew. */
function otherVersion({ version }: SharesDocument): ReadModelUnavailableError {
  return new ReadModelUnavailableError(
    `the collections are of version ${version}, this program writes version ${schemaVersion}: ` +
      (version < schemaVersion ? 'build them anew with `weiliao rebuild`' : 'use the newer program'),
  );
}

function heldBy(found: SharesDocument, { index, count }: Partition): LeaseHeldError {
  const { fence, shares } = found;
  if (found.count !== count) {
    const live = Object.entries(shares).find(([, { holder }]) => holder !== null);
    const held = live === undefined ? '' : `; ${live[0]}/${found.count} is held by ${live[1].holder ?? 'nobody'}`;
    return new LeaseHeldError(
      `conversations are divided among ${found.count} projectors, not ${count}, until all of those have ended${held}`,
    );
  }
  const holder = shares[index]?.holder ?? null;
  if (fence !== null && holder === null) {
    return new LeaseHeldError(`a read model built anew is being put in use by ${fence.holder}`);
  }
  return new LeaseHeldError(`share ${index}/${count} is held by ${holder ?? 'nobody'}`);
}
