import type { EventStore } from '../event-store/event-store.ts';
import { followEmbeddedLog } from '../event-store/embedded/follow.ts';
import type { Logger } from '../logger.ts';
import { beginConstruction } from '../read-model/embedded/construction.ts';
import type { Construction } from '../read-model/embedded/construction.ts';
import { encodeBatch } from '../read-model/embedded/bulk-writer.ts';
import type { Projection } from '../read-model/embedded/bulk-writer.ts';
import type { ReadModelBatch } from '../read-model/read-model.ts';
import type { Frozen } from '../read-model/embedded/comparison.ts';
import { translate } from '../read-model/embedded/sqlite-errors.ts';
import { differencesOf } from './embedded-check.ts';
import type { Difference } from './compare.ts';
import { foldRange } from './stretches.ts';
import type { Range } from './stretches.ts';

export interface RebuildOptions {
  readonly dataDir: string;
  /** Build this projection only; the others are taken over as they are. Default: all. */
  readonly projection?: Projection | undefined;
  readonly log: Logger;
  /** Ends the rebuild early: nothing is changed then. */
  readonly signal?: AbortSignal;
  /** At every stretch of the log: how far it was read, and how far it will be. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

export interface RebuildProgress {
  readonly position: number;
  readonly upTo: number;
}

export interface RebuildResult {
  /** Events read from the log. */
  readonly events: number;
  /** Of which this program did not know the kind. */
  readonly unknown: number;
  /** From the first event read until the new read model was in use. */
  readonly seconds: number;
  /** Position at which it was compared with the read model in use; undefined where there was none. */
  readonly comparedAt: number | undefined;
  /** Where the read model that was in use was not what the log says; the first thousand. */
  readonly differences: readonly Difference[];
}

const mostDifferences = 1_000;
const nothing: ReadModelBatch = { users: [], messages: [], reads: [], conversations: [] };

/**
 * Builds the read model anew from the embedded log, beside the one in use, compares the two at the same position and
 * puts the new one in use, whether or not they were equal. A running server goes over to it without a gap; without one
 * it works as well.
 *
 * Throws `OperatorError` (another rebuild is at work, no log, nothing to take the other projections from),
 * `UnreadableEventError`, `ReadModelUnavailableError` (disk full) and the signal's reason; nothing is changed then.
 */
export async function rebuildEmbedded(options: RebuildOptions): Promise<RebuildResult> {
  const store = followEmbeddedLog({ dataDir: options.dataDir });
  try {
    const construction = beginConstruction(options);
    try {
      return await rebuild(options, store, construction);
    } finally {
      construction.end();
    }
  } catch (error) {
    throw translate(error);
  } finally {
    await store.close();
  }
}

async function rebuild(options: RebuildOptions, store: EventStore, construction: Construction): Promise<RebuildResult> {
  const { log, projection } = options;
  const begun = performance.now();
  const counts = { events: 0, unknown: 0 };
  const reader = { ...options, store, construction, counts };
  const logEnd = await store.lastPosition();
  const upTo = Math.min(construction.copiedAt ?? construction.liveCheckpoint() ?? logEnd, logEnd);

  await fillInBulk(reader, { after: 0, upTo });
  const compared = await compareWithLive(reader, upTo);
  let position = compared.position;
  for (let end = await store.lastPosition(); position < end; end = await store.lastPosition()) {
    await takeOver(reader, { after: position, upTo: end });
    position = end;
  }
  construction.putInUse();
  const seconds = (performance.now() - begun) / 1_000;
  const { comparedAt, differences } = compared;
  log.info({ projection, ...counts, seconds, comparedAt, differences: differences.length }, 'read model rebuilt');
  return { ...counts, seconds, comparedAt, differences };
}

interface Rebuild extends RebuildOptions {
  readonly store: EventStore;
  readonly construction: Construction;
  readonly counts: { events: number; unknown: number };
}

async function fillInBulk({ store, construction, counts, signal, onProgress }: Rebuild, range: Range): Promise<void> {
  for await (const { batch, span, events, unknown } of foldRange(store, range, signal)) {
    construction.bulk.add(encodeBatch(batch));
    counts.events += events;
    counts.unknown += unknown;
    onProgress?.({ position: span.position, upTo: range.upTo });
  }
  signal?.throwIfAborted();
  construction.bulk.complete(range.upTo);
}

/** Applies what came to the log since, in the usual way. */
async function takeOver({ store, construction, counts, signal }: Rebuild, range: Range): Promise<void> {
  for await (const { batch, span, events, unknown } of foldRange(store, range, signal)) {
    construction.writer.apply(batch, span);
    counts.events += events;
    counts.unknown += unknown;
  }
  signal?.throwIfAborted();
  construction.writer.apply(nothing, { after: range.after, position: range.upTo });
}

interface Compared {
  /** How far the new one has come. */
  readonly position: number;
  readonly comparedAt: number | undefined;
  readonly differences: readonly Difference[];
}

async function compareWithLive(rebuilding: Rebuild, position: number): Promise<Compared> {
  const live = rebuilding.construction.freezeLive();
  if (live === undefined) return { position, comparedAt: undefined, differences: [] };
  try {
    const { checkpoint } = live;
    const logEnd = await rebuilding.store.lastPosition();
    if (checkpoint > logEnd) {
      const ahead = { kind: 'checkpoint', where: 'checkpoint', expected: logEnd, actual: checkpoint } as const;
      return { position, comparedAt: undefined, differences: [ahead] };
    }
    // Another one was begun meanwhile, which has not come this far.
    if (checkpoint < position) return { position, comparedAt: undefined, differences: [] };
    await takeOver(rebuilding, { after: position, upTo: checkpoint });
    return { position: checkpoint, comparedAt: checkpoint, differences: await listDifferences(rebuilding, live) };
  } finally {
    live.release();
  }
}

async function listDifferences({ construction, log }: Rebuild, live: Frozen): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const difference of differencesOf(construction.scans, live)) {
    log.warn({ difference: difference.kind, where: difference.where }, 'read model was not what the log says');
    if (found.push(difference) >= mostDifferences) break;
  }
  return found;
}
