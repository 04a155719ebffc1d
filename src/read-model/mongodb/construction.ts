import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Db } from 'mongodb';
import { insist } from '../../shared/insist.ts';
import { failedComparison } from '../construction.ts';
import type { Construction } from '../construction.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import type { Checkpoint, ReadModelBatch } from '../read-model.ts';
import { connectMongo, deadlines, maxReadMs } from './client.ts';
import { collectionNames, collectionsOf, ensureIndexes, ownNames } from './collections.ts';
import { compareSides } from './comparison.ts';
import { isBeingIndexed, isNoCollection } from './errors.ts';
import { createFence } from './fence.ts';
import type { Fence, Fenced } from './fence.ts';
import { consumerName } from './mongo-read-model.ts';
import { assertOwn, makeOwn, placesName } from './ownership.ts';
import { reading } from './queries.ts';
import { leaseRebuild } from './rebuild-lease.ts';
import type { RebuildLease } from './rebuild-lease.ts';
import { findShares, leastShare, placeOf, schemaVersion, sharesOf } from './shares.ts';
import { sideOf } from './side.ts';
import { within } from './within.ts';

/** Milliseconds that MongoDB may be away, as in an election, from what may have been built for hours. */
const patienceMs = 120_000;
/** Names of the collections that are not in use yet. */
const prefix = 'building_';
const unfinishedNames = collectionNames.map((name) => `${prefix}${name}`);

export interface MongoConstructionOptions {
  readonly url: string;
  /** What operators are told builds. Default: host and process id. */
  readonly holder?: string;
}

/**
 * Builds in collections beside those in use. Throws `OperatorError` where the server cannot be used, where a collection
 * of one of the names is not ours, or where another read model is being built.
 */
export async function beginMongoConstruction({ url, holder }: MongoConstructionOptions): Promise<Construction> {
  const { client, database } = await connectMongo(url);
  const db = client.db(database);
  const owner = { name: holder ?? `${hostname()} pid ${process.pid}`, owner: randomUUID() };
  let lease: RebuildLease | undefined;
  try {
    await assertOwn(db, [...ownNames, ...unfinishedNames]);
    await makeOwn(db, placesName);
    lease = await leaseRebuild(db, consumerName, owner);
    await within(deadlines.write, makeCollections(db));
  } catch (error) {
    await lease?.release();
    await client.close();
    throw error;
  }
  const fence = createFence(sharesOf(db, consumerName), owner);
  const close = once(async () => {
    await within(deadlines.write, dropUnfinished(db)).catch(() => undefined);
    await lease.release();
    await client.close();
  });
  return constructionOf(db, { lease, fence, close });
}

interface Site {
  readonly lease: RebuildLease;
  readonly fence: Fence;
  readonly close: () => Promise<void>;
}

function constructionOf(db: Db, { lease, fence, close }: Site): Construction {
  const hold = createHold(fence);

  function assertFrozen(): void {
    lease.assertHeld();
    if (!fence.stands()) throw new ReadModelUnavailableError('projectors were not held back any more');
  }

  async function liveCheckpoint(): Promise<Checkpoint | undefined> {
    const found = await reading(() => findShares(sharesOf(db, consumerName), maxReadMs));
    return found?.version === schemaVersion ? placeOf(leastShare(found)) : undefined;
  }

  const again = <T>(ask: () => Promise<T>, onFailure: () => void = () => undefined): Promise<T> =>
    insist(ask, { withinMs: patienceMs, onFailure });
  const built = sideOf(collectionsOf(db, prefix), () => lease.assertHeld());
  const write = (batch: ReadModelBatch): Promise<void> => again(() => built.write(batch));
  const live = sideOf(collectionsOf(db), assertFrozen);
  return {
    takenOverAt: undefined,
    encoder: undefined,
    liveCheckpoint: () => again(liveCheckpoint),
    add: (batch) => write(batch as ReadModelBatch),
    complete: () => Promise.resolve(),
    write,
    replacesAnything: () => again(() => holdsAnything(db)),
    async compare(log) {
      const sides = { built, live, liveCheckpoint, freeze: hold.begin, release: hold.end };
      return again(() => compareSides(sides, log)).catch((error: unknown) => {
        throw failedComparison(error, log);
      });
    },
    async hold() {
      await again(hold.begin);
    },
    /**
     * Wherever this ends early, what is in use is right for the positions that projectors have: both sides are. Those
     * that went on while they were not held back are brought back to `checkpoint` at the end.
     */
    async putInUse(checkpoint) {
      await again(() => assertOwn(db, ownNames));
      for (const name of collectionNames) {
        let isRepeat = false;
        await again(
          async () => {
            if (!fence.stands()) await hold.begin();
            assertFrozen();
            await replace(db, name).catch((error: unknown) => {
              // It was done, and the answer was lost.
              if (!isRepeat || !isNoCollection(error)) throw error;
            });
          },
          () => (isRepeat = true),
        );
      }
      await again(() => hold.endAt(checkpoint));
    },
    async end() {
      await hold.end().catch(() => undefined);
      await close();
    },
  };
}

const renewFenceEvery = 1_500;

/** Keeps the fence up for as long as it is wanted. */
function createHold(fence: Fence) {
  let timer: NodeJS.Timeout | undefined;
  const renew = (): void => void within(deadlines.write, fence.renew()).catch(() => undefined);

  function stopRenewing(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    async begin(): Promise<Fenced> {
      const fenced = await within(deadlines.write, fence.raise());
      timer ??= setInterval(renew, renewFenceEvery);
      return fenced;
    },
    /** Projectors go on: from `position` where everything up to it was written for them meanwhile. */
    async end(position?: number): Promise<void> {
      if (timer === undefined) return;
      stopRenewing();
      await within(deadlines.write, fence.lower(position));
    },
    /** The collections in use were replaced by ones that hold everything up to this place. */
    async endAt(checkpoint: Checkpoint): Promise<void> {
      stopRenewing();
      await within(deadlines.write, fence.lowerAt(checkpoint));
    },
  };
}

async function makeCollections(db: Db): Promise<void> {
  await dropUnfinished(db);
  for (const name of unfinishedNames) await makeOwn(db, name);
  await ensureIndexes(collectionsOf(db, prefix));
}

async function holdsAnything(db: Db): Promise<boolean> {
  const first = (name: string) => reading(() => db.collection(name).findOne({}, { maxTimeMS: maxReadMs }));
  return (await Promise.all(collectionNames.map(first))).some((found) => found !== null);
}

async function replace(db: Db, name: string): Promise<void> {
  const rename = () => within(deadlines.write, db.collection(`${prefix}${name}`).rename(name, { dropTarget: true }));
  try {
    await rename();
  } catch (error) {
    if (!isBeingIndexed(error)) throw error;
    // A projector makes an index of what it finds, which may take long and is not wanted any more: this ends it.
    await within(deadlines.write, db.collection(name).dropIndexes());
    await rename();
  }
}

/** Also what a rebuild left that ended with its process. */
async function dropUnfinished(db: Db): Promise<void> {
  for (const name of unfinishedNames) await db.dropCollection(name);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
