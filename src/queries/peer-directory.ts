import { LRUCache } from 'lru-cache';
import type { UserDocument } from '../read-model/documents.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';

/** Users by id, for naming the peers of a friend list. */
export interface PeerDirectory {
  /** Those of the given users that there are. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, UserDocument>>;
}

/** A registered user never changes, so one that was found once is held; one that was not is looked for again. */
export function createPeerDirectory(readModel: Pick<ReadModelQueries, 'usersById'>, max = 10_000): PeerDirectory {
  const held = new LRUCache<string, UserDocument>({ max });
  return {
    async find(ids) {
      const found = new Map<string, UserDocument>();
      const missing: string[] = [];
      for (const id of ids) {
        const known = held.get(id);
        if (known === undefined) missing.push(id);
        else found.set(id, known);
      }
      if (missing.length === 0) return found;
      for (const user of await readModel.usersById(missing)) {
        held.set(user._id, user);
        found.set(user._id, user);
      }
      return found;
    },
  };
}
