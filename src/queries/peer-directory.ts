import { LRUCache } from 'lru-cache';
import type { Commands } from '../commands/commands.ts';
import type { UserDocument } from '../read-model/documents.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';

/** A user as lists show them. */
export type Peer = Omit<UserDocument, 'position'>;

/** Users by id, for naming the peers of a friend list. */
export interface PeerDirectory {
  /** Those of the given users that there are. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, Peer>>;
}

interface PeerDirectoryDeps {
  readonly readModel: Pick<ReadModelQueries, 'usersById'>;
  readonly onUserEvent: Commands['onUserEvent'];
}

/** Whoever was found once is held, until they change: then as they are now. */
export function createPeerDirectory({ readModel, onUserEvent }: PeerDirectoryDeps, max = 10_000): PeerDirectory {
  const held = new LRUCache<string, Peer>({ max });
  /** Changes so far: what was read meanwhile may be of before. */
  let changes = 0;
  onUserEvent(({ type, data }) => {
    if (type !== 'UserChanged') return;
    changes += 1;
    if (held.has(data.id)) held.set(data.id, { _id: data.id, username: data.username, avatar: data.avatar });
  });

  return {
    async find(ids) {
      const found = new Map<string, Peer>();
      const missing: string[] = [];
      for (const id of ids) {
        const known = held.get(id);
        if (known === undefined) missing.push(id);
        else found.set(id, known);
      }
      if (missing.length === 0) return found;
      const before = changes;
      for (const user of await readModel.usersById(missing)) {
        if (changes === before) held.set(user._id, user);
        found.set(user._id, user);
      }
      return found;
    },
  };
}
