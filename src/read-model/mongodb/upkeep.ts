import type { Db } from 'mongodb';
import type { Logger } from '../../shared/logger.ts';
import { deadlines, maxReadMs } from './client.ts';
import { collectionsOf, ensureIndexes, ownNames } from './collections.ts';
import { mapShares } from './fence.ts';
import { find, makeOwn, mark, placesName, tellForeign, UnfitCollectionsError } from './ownership.ts';
import { findShares, free, schemaVersion } from './shares.ts';
import type { Shares, SharesDocument } from './shares.ts';
import { within } from './within.ts';

/** What is wrong with the collections in use, for people; undefined where nothing is. */
export async function faultIn(db: Db, shares: Shares): Promise<string | undefined> {
  const { own, foreign } = await find(db, ownNames);
  if (foreign.size > 0) return tellForeign(db.databaseName, foreign);
  if (!hasBegun(await within(deadlines.read, findShares(shares, maxReadMs)))) return undefined;
  const gone = ownNames.filter((name) => !own.has(name));
  return gone.length === 0 ? undefined : tellGone(gone);
}

function tellGone(gone: readonly string[]): string {
  return `${gone.join(', ')} ${gone.length > 1 ? 'were' : 'was'} removed from MongoDB: all of the log is applied again`;
}

/** True where some of the log was applied: what is not there then is lost. */
function hasBegun(found: SharesDocument | null): boolean {
  return found !== null && Object.values(found.shares).some(({ position }) => position > 0);
}

/** By this process's clock: at the next look it is all the same. */
function isFenced({ fence }: SharesDocument): boolean {
  return fence !== null && fence.expires.getTime() > Date.now();
}

/**
 * Makes the collections in use what they must be to be written, and changes nothing of what is not ours. Where one was
 * removed, every share begins at 0 again: what is still there takes no harm.
 *
 * Throws `UnfitCollectionsError` where something is not ours or was removed. It may be called again at any time.
 */
export function createUpkeep(db: Db, shares: Shares, log: Logger): () => Promise<void> {
  const collections = collectionsOf(db);
  return async () => {
    const { own, remade, foreign } = await find(db, ownNames);
    if (foreign.size > 0) throw new UnfitCollectionsError(tellForeign(db.databaseName, foreign));
    const found = own.has(placesName) ? await within(deadlines.read, findShares(shares, maxReadMs)) : null;
    // What another version wrote is not ours to complete, and what a rebuild is about to replace needs nothing.
    if (found !== null && (found.version !== schemaVersion || isFenced(found))) return;
    const gone = ownNames.filter((name) => !own.has(name));
    if (gone.length > 0 && hasBegun(found)) {
      log.error({ gone }, 'collections were removed, the log is applied again');
      await within(deadlines.write, startAnew(shares));
      throw new UnfitCollectionsError(tellGone(gone));
    }
    for (const name of gone) {
      if (remade.has(name)) await within(deadlines.write, db.command({ collMod: name, ...mark }));
      else await makeOwn(db, name);
    }
    await within(deadlines.write, ensureIndexes(collections));
  };
}

/** Every share begins at 0, whoever held it. */
async function startAnew({ consumer, collection }: Shares): Promise<void> {
  await collection.updateOne({ _id: consumer }, [{ $set: { shares: mapShares(free) } }]);
}
