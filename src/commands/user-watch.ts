import { setTimeout as delay } from 'node:timers/promises';
import { isReadable } from '../domain/passed-over.ts';
import { readUserEvent } from '../domain/user/kinds.ts';
import type { UserEvent } from '../domain/user/kinds.ts';
import { userStreamPrefix } from '../domain/user/user.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { isAborted } from '../shared/abort.ts';
import { backOff } from '../shared/back-off.ts';
import type { UserDirectory } from './users.ts';

export interface UserWatchDeps {
  readonly store: Pick<EventStore, 'subscribeToAll' | 'lastPosition'>;
  readonly users: Pick<UserDirectory, 'observe' | 'forgetAll'>;
  /** Position to begin after: nothing was read before it. */
  readonly after: number;
  onEvent(event: UserEvent): void;
}

/** Longest pause between two attempts, in milliseconds. */
const maxPauseMs = 2_000;

/**
 * Follows what other processes write of users, so that names, blocks and ended sessions hold here too, a moment later.
 * Where the log is lost nothing that is known is believed any more, and the log is followed again.
 */
export function watchUsers({ store, users, after, onEvent }: UserWatchDeps): { stop(): Promise<void> } {
  const ending = new AbortController();
  const { signal } = ending;
  let position = after;
  let failures = 0;

  async function follow(): Promise<void> {
    for await (const batch of store.subscribeToAll({ after: position, prefixes: [userStreamPrefix], signal })) {
      failures = 0;
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

  async function run(): Promise<void> {
    while (!isAborted(signal)) {
      await follow().catch(() => undefined);
      if (isAborted(signal)) return;
      users.forgetAll();
      failures += 1;
      await delay(backOff(failures, { first: 50, most: maxPauseMs }), undefined, { signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
