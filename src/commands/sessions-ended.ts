import { LRUCache } from 'lru-cache';
import type { Commands } from './commands.ts';
import type { UserDirectory } from './users.ts';

/** Milliseconds that nobody is asked again for a user who is not registered: each of their requests would read the log. */
const unregisteredMs = 1_000;
const unregisteredUsers = 10_000;

/** When sessions were ended: from memory for users who are known here. */
export function createSessionsEnded(users: Pick<UserDirectory, 'known' | 'find'>): Commands['sessionsEnded'] {
  const nobody = new LRUCache<string, true>({ max: unregisteredUsers, ttl: unregisteredMs });

  async function ask(id: string): Promise<number> {
    const found = await users.find(id);
    if (found === undefined) nobody.set(id, true);
    return found?.state.sessionsEnded ?? 0;
  }

  return (id) => {
    const known = users.known(id);
    if (known !== undefined) return known.state.sessionsEnded;
    return nobody.has(id) ? 0 : ask(id);
  };
}
