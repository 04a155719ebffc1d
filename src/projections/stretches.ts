import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { ownPrefixes } from '../event-store/own-streams.ts';
import type { Range } from '../read-model/construction.ts';
import type { AppliedSpan, ReadModelBatch } from '../read-model/read-model.ts';
import type { LeftAside } from './consumer.ts';
import type { Folded } from './fold.ts';

/** Part of the log, folded. */
export interface Stretch<Batch = ReadModelBatch> extends LeftAside {
  readonly batch: Batch;
  readonly span: AppliedSpan;
  readonly events: number;
}

/** Events folded into one batch, at least, unless there are no more. */
const eventsPerStretch = 8_192;

/** Where a part of the log is read from, and how it is folded. */
export interface RangeFold {
  readonly store: EventStore;
  readonly fold: (events: readonly RecordedEvent[]) => Folded | Promise<Folded>;
  readonly signal?: AbortSignal | undefined;
}

/** Reads and folds a part of the log that is there already. Throws what the store and `fold` throw. */
export async function* foldRange({ store, fold, signal }: RangeFold, range: Range): AsyncGenerator<Stretch> {
  let { after } = range;
  let waiting: RecordedEvent[] = [];
  const foldWaiting = async (): Promise<Stretch> => {
    const { batch, unknown, foreign } = await fold(waiting);
    const position = waiting.at(-1)?.position ?? after;
    const stretch = { batch, unknown, foreign, span: { after, position }, events: waiting.length };
    waiting = [];
    after = position;
    return stretch;
  };
  for await (const events of eventsIn(store, range, signal)) {
    waiting = waiting.concat(events);
    if (waiting.length >= eventsPerStretch) yield await foldWaiting();
  }
  if (waiting.length > 0) yield await foldWaiting();
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
