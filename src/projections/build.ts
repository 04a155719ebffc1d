import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { emptyBatch } from '../read-model/read-model.ts';
import type { Construction, LogAtHand } from '../read-model/construction.ts';
import type { LogSettings } from '../shared/config.ts';
import type { LeftAside } from './consumer.ts';
import { faultOf } from './checkpoint.ts';
import { differenceOf, ofAnotherLog } from './compare.ts';
import type { Difference } from './compare.ts';
import { foldLog } from './fold-log.ts';
import type { Stops } from './fold-log.ts';
import { foldInThreads } from './fold-threads.ts';
import { foldRange } from './stretches.ts';
import type { Stretch } from './stretches.ts';

/** How far the log was read, and how far it will be. */
export interface BuildProgress {
  readonly position: number;
  readonly upTo: number;
}

/** What a read model is built from, and where. */
export interface Build {
  readonly store: EventStore;
  /** Where the same log is, for threads that read it too. */
  readonly source?: LogSettings | undefined;
  readonly construction: Construction;
  /** Ends it early: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
}

export interface Counts extends LeftAside {
  /** Events read from the log, those left aside included. */
  readonly events: number;
}

/** A read model being built from the log beside the one in use. */
export interface Builder extends LogAtHand {
  counts(): Counts;
  /** Streams that stand still there, each with the revision of the event that cannot be read. */
  stops(): ReadonlyMap<string, number>;
}

/**
 * Fills a construction in bulk, up to where the read model in use is, as there the two can be compared; where there is
 * none, to the log's end. From then on it goes on as it is told.
 */
export async function createBuilder(build: Build): Promise<Builder> {
  const { store, construction, signal, onProgress } = build;
  const counts = { events: 0, unknown: 0, foreign: 0 };
  const count = (stretch: Stretch<unknown>): void => {
    counts.events += stretch.events;
    counts.unknown += stretch.unknown;
    counts.foreign += stretch.foreign;
  };

  const stops: Stops = new Map();
  const folding = { store, fold: (events: readonly RecordedEvent[]) => foldLog(events, stops, store), signal };

  /** What is read for the read model in use does not move what is built. */
  const readAgain = () => {
    const own: Stops = new Map(stops);
    return { ...folding, fold: (events: readonly RecordedEvent[]) => foldLog(events, own, store) };
  };

  let position = await bulkEnd(build);
  for await (const stretch of foldInThreads({ ...build, stops }, { after: 0, upTo: position }, signal)) {
    await construction.add(stretch.batch);
    count(stretch);
    onProgress?.({ position: stretch.span.position, upTo: position });
  }
  signal?.throwIfAborted();
  await construction.complete(position);

  return {
    position: () => position,
    counts: () => counts,
    stops: () => stops,
    signal,
    lastPosition: () => store.lastPosition(),
    async *read(range) {
      for await (const { batch } of foldRange(readAgain(), range)) yield batch;
    },
    async goOnTo(upTo) {
      if (upTo <= position) return;
      for await (const stretch of foldRange(folding, { after: position, upTo })) {
        await construction.write(stretch.batch, stretch.span);
        count(stretch);
        position = stretch.span.position;
      }
      signal?.throwIfAborted();
      if (position < upTo) await construction.write(emptyBatch, { after: position, position: upTo });
      position = upTo;
    },
  };
}

async function bulkEnd({ store, construction }: Build): Promise<number> {
  const logEnd = await store.lastPosition();
  const wanted = construction.takenOverAt ?? (await construction.liveCheckpoint())?.position ?? logEnd;
  return Math.min(wanted, logEnd);
}

export interface LiveDifferences {
  /** Position at which both were compared; undefined where the one in use is not of this log as it is. */
  readonly at: number | undefined;
  readonly differences: AsyncIterable<Difference>;
}

/** What is wrong with the read model in use; undefined where there is none to compare with. */
export async function compareWithLive(
  { store, construction }: Build,
  builder: Builder,
): Promise<LiveDifferences | undefined> {
  const checkpoint = await construction.liveCheckpoint();
  if (checkpoint === undefined) return undefined;
  const fault = await faultOf(store, checkpoint);
  if (fault !== undefined) return { at: undefined, differences: only(ofAnotherLog(fault)) };
  const compared = await construction.compare(builder);
  return compared && { at: compared.at, differences: named(compared.differences) };
}

async function* only(difference: Difference): AsyncGenerator<Difference> {
  yield await Promise.resolve(difference);
}

type DocumentDifferences = NonNullable<Awaited<ReturnType<Construction['compare']>>>['differences'];

async function* named(found: DocumentDifferences): AsyncGenerator<Difference> {
  for await (const difference of found) yield differenceOf(difference);
}
