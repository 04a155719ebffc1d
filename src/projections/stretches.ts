import type { EventStore } from '../event-store/event-store.ts';
import type { AppliedSpan, ReadModelBatch } from '../read-model/read-model.ts';
import { foldEvents, projectedPrefixes } from './fold.ts';

/** Part of the log, folded. */
export interface Stretch {
  readonly batch: ReadModelBatch;
  readonly span: AppliedSpan;
  readonly events: number;
  readonly unknown: number;
}

/** What to read of the log: positions `after` (exclusive) to `upTo` (inclusive). */
export interface Range {
  readonly after: number;
  readonly upTo: number;
}

/** Reads and folds a part of the log that is there already. Throws what the store throws, and `UnreadableEventError`. */
export async function* foldRange(
  store: EventStore,
  { after, upTo }: Range,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Stretch> {
  let position = after;
  if (position >= upTo) return;
  const subscription = store.subscribeToAll({ after, prefixes: projectedPrefixes, signal });
  for await (const { events, caughtUp } of subscription) {
    const wanted = (events.at(-1)?.position ?? 0) <= upTo ? events : events.filter((event) => event.position <= upTo);
    const last = wanted.at(-1);
    if (last !== undefined) {
      const { batch, unknown } = foldEvents(wanted);
      yield { batch, span: { after: position, position: last.position }, events: wanted.length, unknown };
      position = last.position;
    }
    if (caughtUp || wanted.length < events.length || position >= upTo) return;
  }
}
