import type { EventStore } from '../event-store/event-store.ts';
import { encodeBatch } from '../read-model/embedded/bulk-writer.ts';
import type { Frozen } from '../read-model/embedded/comparison.ts';
import type { Construction } from '../read-model/embedded/construction.ts';
import type { ReadModelBatch } from '../read-model/read-model.ts';
import { foldRange } from './stretches.ts';
import type { Range } from './stretches.ts';

/** How far the log was read, and how far it will be. */
export interface BuildProgress {
  readonly position: number;
  readonly upTo: number;
}

/** A read model being built from the log beside the one in use. */
export interface Build {
  readonly store: EventStore;
  readonly construction: Construction;
  /** Ends it early: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
}

export interface Counts {
  /** Events read from the log. */
  readonly events: number;
  /** Of which this program did not know the kind. */
  readonly unknown: number;
}

/** Position to fill in bulk to: where the read model in use is, as there the two can be compared; else the log's end. */
export async function bulkEnd({ store, construction }: Build): Promise<number> {
  const logEnd = await store.lastPosition();
  return Math.min(construction.copiedAt ?? construction.liveCheckpoint() ?? logEnd, logEnd);
}

/** Builds everything up to a position. */
export async function fillInBulk(build: Build, upTo: number): Promise<Counts> {
  const { store, construction, signal, onProgress } = build;
  const counts = { events: 0, unknown: 0 };
  for await (const { batch, span, events, unknown } of foldRange(store, { after: 0, upTo }, signal)) {
    construction.bulk.add(encodeBatch(batch));
    counts.events += events;
    counts.unknown += unknown;
    onProgress?.({ position: span.position, upTo });
  }
  signal?.throwIfAborted();
  construction.bulk.complete(upTo);
  return counts;
}

const nothing: ReadModelBatch = { users: [], messages: [], reads: [], conversations: [] };

/** Adds what came to the log since. */
export async function takeOver({ store, construction, signal }: Build, range: Range): Promise<Counts> {
  const counts = { events: 0, unknown: 0 };
  for await (const { batch, span, events, unknown } of foldRange(store, range, signal)) {
    construction.writer.apply(batch, span);
    counts.events += events;
    counts.unknown += unknown;
  }
  signal?.throwIfAborted();
  construction.writer.apply(nothing, { after: range.after, position: range.upTo });
  return counts;
}

/**
 * The read model in use, frozen, to be released after use; undefined where there is none, or one that has not come as
 * far as what was built. `ahead`: it has applied more than the log holds.
 */
export async function freezeLive(
  { store, construction }: Build,
  position: number,
): Promise<{ readonly live: Frozen; readonly ahead: boolean } | undefined> {
  const live = construction.freezeLive();
  if (live === undefined) return undefined;
  if (live.checkpoint < position) {
    live.release();
    return undefined;
  }
  return { live, ahead: live.checkpoint > (await store.lastPosition()) };
}
