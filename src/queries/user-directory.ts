import { LRUCache } from 'lru-cache';
import type { ReadModelQueries, UserDocument } from '../read-model/read-model.ts';

/** Users by id, for naming the peers of a friend list. */
export interface UserDirectory {
  find(id: string): Promise<UserDocument | undefined>;
}

/** A registered user never changes, so one that was found once is held; one that was not is looked for again. */
export function createUserDirectory(readModel: Pick<ReadModelQueries, 'user'>, max = 10_000): UserDirectory {
  const held = new LRUCache<string, UserDocument>({ max });
  return {
    async find(id) {
      const known = held.get(id);
      if (known !== undefined) return known;
      const found = await readModel.user(id);
      if (found !== undefined) held.set(id, found);
      return found;
    },
  };
}
