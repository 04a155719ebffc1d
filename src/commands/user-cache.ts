import { LRUCache } from 'lru-cache';
import type { KnownUser } from './read-user.ts';

/** Users kept in memory: those that write or are written to. Who only listens takes no room here. */
const knownUsers = 100_000;

/** Users in memory, as their streams were when somebody looked last. */
export function createUserCache() {
  const users = new LRUCache<string, KnownUser>({ max: knownUsers });
  /** The newest revision that was seen of a user. */
  const newest = new LRUCache<string, number>({ max: knownUsers });
  let forgotten = 0;
  return {
    get: (id: string): KnownUser | undefined => users.get(id),
    /** Names a moment, for `keep`. */
    moment: (): number => forgotten,
    /** Keeps what was read, or written, since a moment; not where something newer was seen meanwhile. */
    keep(known: KnownUser, since: number): void {
      const { id } = known.ref;
      if (forgotten === since && known.revision >= (newest.get(id) ?? 0)) users.set(id, known);
    },
    /** The user's stream has this revision: what is known of before is not true any more. */
    observe(id: string, revision: number): void {
      newest.set(id, Math.max(revision, newest.get(id) ?? 0));
      if ((users.peek(id)?.revision ?? revision) < revision) users.delete(id);
    },
    /** Events may have been missed: nothing that is known may be true any more. */
    forgetAll(): void {
      forgotten += 1;
      users.clear();
    },
  };
}
