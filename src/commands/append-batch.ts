import { setTimeout as delay } from 'node:timers/promises';
import { conversationStream } from '../domain/conversation/conversation-id.ts';
import { EventStoreUnavailableError } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { backOff } from '../shared/back-off.ts';
import type { DecidedBatch } from './decide-batch.ts';
import { expectedRevision } from './head.ts';
import type { Head } from './head.ts';

export interface AppendDeps {
  readonly store: Pick<EventStore, 'appendToStream'>;
  /** Seconds one append took until durable, and how many events it held. */
  onAppend(seconds: number, events: number): void;
}

/**
 * Appends until the store has an answer or nobody waits any more; the ids are the same each time. The position of the
 * last event, 0 where there was nothing to append.
 */
export async function appendBatch(head: Head, { decided, events }: DecidedBatch, deps: AppendDeps): Promise<number> {
  if (events.length === 0) return 0;
  const deadline = Math.max(...decided.map(({ command }) => command.deadline));
  const stream = conversationStream(head.conversation);
  const started = performance.now();
  for (let failures = 1; ; failures += 1) {
    try {
      const { position } = await deps.store.appendToStream(stream, events, expectedRevision(head));
      deps.onAppend((performance.now() - started) / 1_000, events.length);
      return position;
    } catch (error) {
      const pause = backOff(failures);
      if (!(error instanceof EventStoreUnavailableError) || performance.now() + pause > deadline) throw error;
      await delay(pause);
    }
  }
}
