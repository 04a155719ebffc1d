import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { ownPrefixes } from '../event-store/own-streams.ts';
import type { Range } from '../read-model/construction.ts';
import type { AppliedSpan, ReadModelBatch } from '../read-model/read-model.ts';
import type { LeftAside } from './consumer.ts';
import { foldEvents } from './fold.ts';

/** Part of the log, folded. */
export interface Stretch<Batch = ReadModelBatch> extends LeftAside {
  readonly batch: Batch;
  readonly span: AppliedSpan;
  readonly events: number;
}

/** Events folded into one batch, at least, unless there are no more. */
const eventsPerStretch = 8_192;

/** Reads and folds a part of the log that is there already. Throws what the store throws, and `UnreadableEventError`. */
export async function* foldRange(store: EventStore, range: Range, signal?: AbortSignal): AsyncGenerator<Stretch> {
  let { after } = range;
  let waiting: RecordedEvent[] = [];
  const fold = (): Stretch => {
    const folded = foldEvents(waiting);
    const position = waiting.at(-1)?.position ?? after;
    const stretch = { ...folded, span: { after, position }, events: waiting.length };
    waiting = [];
    after = position;
    return stretch;
  };
  for await (const events of eventsIn(store, range, signal)) {
    waiting = waiting.concat(events);
    if (waiting.length >= eventsPerStretch) yield fold();
  }
  if (waiting.length > 0) yield fold();
}

async function* eventsIn(
  store: EventStore,
  { after, upTo }: Range,
  signal = new AbortController().signal,
): AsyncGenerator<readonly RecordedEvent[]> {
  if (after >= upTo) return;
  for await (const { events, caughtUp } of store.subscribeToAll({ after, prefixes: ownPrefixes, signal })) {
    const last = events.at(-1)?.position ?? 0;
    yield last <= upTo ? events : events.filter(({ position }) => position <= upTo);
    if (caughtUp || last >= upTo) return;
  }
}
