import { isReadable } from '../domain/passed-over.ts';
import { readUserEvent } from '../domain/user/kinds.ts';
import type { UserEvent } from '../domain/user/kinds.ts';
import { userStreamPrefix } from '../domain/user/user.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { followAgain } from '../shared/follow-again.ts';
import type { UserDirectory } from './users.ts';

export interface UserWatchDeps {
  readonly store: Pick<EventStore, 'subscribeToAll' | 'lastPosition'>;
  readonly users: Pick<UserDirectory, 'observe' | 'forgetAll'>;
  /** Position to begin after: nothing was read before it. */
  readonly after: number;
  onEvent(event: UserEvent): void;
}

/**
 * Follows what other processes write of users, so that names, blocks and ended sessions hold here too, a moment later.
 * Where the log is lost nothing that is known is believed any more, and the log is followed again.
 */
export function watchUsers({ store, users, after, onEvent }: UserWatchDeps): { stop(): Promise<void> } {
  const ending = new AbortController();
  const { signal } = ending;
  let position = after;

  async function follow(went: () => void): Promise<void> {
    for await (const batch of store.subscribeToAll({ after: position, prefixes: [userStreamPrefix], signal })) {
      went();
      for (const recorded of batch.events) {
        const { stream, revision, type, metadata, data } = recorded;
        users.observe(stream.slice(userStreamPrefix.length), revision);
        // Whoever looks the user up is told.
        if (!isReadable(recorded)) continue;
        const event = readUserEvent(type, metadata.schemaVersion, data);
        if (event !== undefined) onEvent(event);
      }
      position = Math.max(position, batch.events.at(-1)?.position ?? 0);
    }
  }

  const running = followAgain(follow, { signal, onLost: () => users.forgetAll() });
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
