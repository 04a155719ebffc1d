import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '../shared/errors.ts';
import { EventStoreUnavailableError } from '../event-store/event-store.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { ownPrefixes } from '../event-store/own-streams.ts';
import type { Partition } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { ReadModelMovedError, ReadModelUnavailableError, ShareHeldError } from '../read-model/read-model.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import { backOff as doubled } from '../shared/back-off.ts';
import { assertReadModelNotAhead } from './checkpoint.ts';
import { foldEvents } from './fold.ts';
import { holds } from './partition.ts';

/**
 * - `starting`: nothing read yet. `catching-up`: there is more in the log than was applied. `live`: the newest event
 *   was applied, or is being.
 * - `standby`: another projector holds the share; this one takes it over when that one has ended.
 * - `retrying`: the log or the read model does not answer; it is asked again for as long as it takes.
 * - `failed`: a batch cannot be applied; nothing is skipped, so nothing goes on until somebody mends it and starts again.
 */
export type ProjectorState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'catching-up' }
  | { readonly kind: 'live' }
  | { readonly kind: 'standby'; readonly reason: string }
  | { readonly kind: 'retrying'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Counters since the projector began. */
export interface ProjectorProgress {
  /** Last position applied. */
  readonly position: number;
  /** Events applied, unknown kinds included. */
  readonly events: number;
  /** Events of kinds this program does not know. */
  readonly unknown: number;
  /** Batches that could not be read or applied and were tried again. */
  readonly failures: number;
}

export interface ProjectorOptions {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  /** This projector's share of the conversations, default all: events of others are passed over. */
  readonly partition?: Partition;
  /** Ends the projector after the batch in hand. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Milliseconds to wait after so many failures in a row. Default: 100 doubled each time up to 5,000, with jitter. */
  readonly backOff?: (failures: number) => number;
  readonly onState?: (state: ProjectorState) => void;
  readonly onProgress?: (progress: ProjectorProgress) => void;
}

/**
 * Under load at most one write in this time, in milliseconds, and a pause as long as the write took: the more load, the
 * larger the batches, and the less each event costs.
 */
const writeEvery = 50;
/** Events in one write: while live, and while far behind, where throughput is all that counts. */
const liveBatch = 1_000;
const catchUpBatch = 10_000;
/** Milliseconds between two looks whether another generation is in use, while nothing happens. */
const lookEvery = 1_000;
/** Milliseconds between two attempts to take a share that another projector holds. */
const standbyEvery = 1_000;
/** Milliseconds to wait after a failure, and after many in a row. */
export const backOffLimits = { first: 100, most: 5_000 };
const whole: Partition = { index: 1, count: 1 };
/** Failures that are not temporary, with nothing applied in between, after which the last of them is final. */
const triesForPermanent = 5;

/**
 * Applies the log to the read model, batch by batch, until the signal aborts or a failure is final (state `failed`);
 * then resolves. Never throws, never skips an event.
 */
export async function runProjector(options: ProjectorOptions): Promise<void> {
  const {
    signal,
    log,
    backOff = (failures: number) => doubled(failures, backOffLimits),
    onState,
    onProgress,
  } = options;
  let state: ProjectorState = { kind: 'starting' };
  let progress: ProjectorProgress = { position: 0, events: 0, unknown: 0, failures: 0 };
  let failuresInARow = 0;
  let permanentInARow = 0;

  function become(next: ProjectorState): void {
    if (next.kind === state.kind && !('reason' in next)) return;
    state = next;
    onState?.(next);
  }

  function advance(change: Partial<ProjectorProgress>): void {
    progress = { ...progress, ...change };
    onProgress?.(progress);
  }

  function standBy(reason: string): void {
    if (state.kind !== 'standby') log.info({ component: 'projector', reason }, 'standing by');
    become({ kind: 'standby', reason });
  }

  const applier: Applier = {
    started: (position) => advance({ position }),
    applied({ position, events, unknown, caughtUp }) {
      failuresInARow = 0;
      permanentInARow = 0;
      advance({ position, events: progress.events + events, unknown: progress.unknown + unknown });
      become({ kind: caughtUp ? 'live' : 'catching-up' });
    },
  };

  onState?.(state);
  while (!signal.aborted) {
    try {
      await projectUntilMoved(options, applier);
    } catch (error) {
      if (isAborted(signal)) return;
      if (error instanceof ShareHeldError) {
        standBy(error.message);
        await delay(standbyEvery, undefined, { signal }).catch(() => undefined);
        continue;
      }
      failuresInARow += 1;
      if (!isTemporary(error)) permanentInARow += 1;
      advance({ failures: progress.failures + 1 });
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof OperatorError || permanentInARow >= triesForPermanent) {
        log.fatal({ component: 'projector', position: progress.position, error }, 'projector failed for good');
        become({ kind: 'failed', reason });
        return;
      }
      log.error({ component: 'projector', position: progress.position, error }, 'projector failed, will try again');
      become({ kind: 'retrying', reason });
      await delay(backOff(failuresInARow), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Read anew: TypeScript believes that a property stays what it was before an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isTemporary(error: unknown): boolean {
  return error instanceof ReadModelUnavailableError || error instanceof EventStoreUnavailableError;
}

interface Applier {
  readonly started: (position: number) => void;
  readonly applied: (outcome: {
    readonly position: number;
    readonly events: number;
    readonly unknown: number;
    readonly caughtUp: boolean;
  }) => void;
}

/** Returns when the signal aborts, or when the read model went over to another generation: begin again then. */
async function projectUntilMoved(options: ProjectorOptions, applier: Applier): Promise<void> {
  const { store, readModel, signal, partition = whole } = options;
  await assertReadModelNotAhead({ store, readModel });
  let position = await readModel.checkpoint();
  applier.started(position);

  const moved = new AbortController();
  const either = AbortSignal.any([signal, moved.signal]);
  const watch = setInterval(() => {
    readModel.checkpoint().then(
      (checkpoint) => checkpoint < position && moved.abort(),
      () => moved.abort(),
    );
  }, lookEvery);

  try {
    let waiting: RecordedEvent[] = [];
    /** Position of the newest event seen, and how many were seen since the last write: others' events count too. */
    let newest = position;
    let seen = 0;
    let behind = true;
    const subscription = store.subscribeToAll({ after: position, prefixes: ownPrefixes, signal: either });
    for await (const { events, caughtUp } of subscription) {
      const mine = partition.count === 1 ? events : events.filter(({ stream }) => holds(partition, stream));
      waiting = waiting.length === 0 ? [...mine] : waiting.concat(mine);
      newest = events.at(-1)?.position ?? newest;
      seen += events.length;
      if (!caughtUp && seen < (behind ? catchUpBatch : liveBatch)) continue;
      behind = !caughtUp;
      const begun = performance.now();
      const moves = newest > position;
      const { batch, unknown } = foldEvents(waiting);
      if (moves) await readModel.apply(batch, { after: position, position: newest });
      position = newest;
      applier.applied({ position, events: waiting.length, unknown, caughtUp });
      waiting = [];
      seen = 0;
      const took = performance.now() - begun;
      const rest = Math.max(writeEvery - took, took);
      if (caughtUp && moves) {
        await delay(rest, undefined, { signal: either }).catch(() => undefined);
      }
    }
  } catch (error) {
    if (!(error instanceof ReadModelMovedError)) throw error;
  } finally {
    clearInterval(watch);
  }
}
