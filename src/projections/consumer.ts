import type { RecordedEvent } from '../event-store/event-store.ts';
import type { AppliedSpan, Checkpoint } from '../read-model/read-model.ts';

/**
 * Something that is derived from the log, event by event, in log order: a read model, a search index, what is sent to
 * somebody else. `runConsumer` gives it the log.
 */
export interface Consumer {
  /** Tells consumers apart: in `/readyz`, in metrics, and in who holds a share. */
  readonly name: string;
  /** Of the streams it is given. */
  readonly prefixes: readonly string[];
  /** The last event applied, position 0 for none. Takes nothing and renews nothing. */
  place(): Promise<Checkpoint>;
  /**
   * Applies the events between two positions, in log order, and then moves the checkpoint to `span.position`, with the
   * `span.landmark` by which the log is recognised later. Without events only that. Events are given again after a failure: applied again they must change nothing.
   *
   * Throws `ConsumerMovedError` where the checkpoint is before `span.after`. An error with `temporary: true` passes by
   * itself and is tried again for as long as it takes, any other one a few times.
   */
  apply(events: readonly RecordedEvent[], span: AppliedSpan): Promise<LeftAside>;
  close(): Promise<void>;
}

/** Events that were passed over, by why. */
export interface LeftAside {
  /** Of our streams, of kinds that this program does not know: a newer program wrote them. */
  readonly unknown: number;
  /** Of streams whose names only look like ours: another program's. */
  readonly foreign: number;
}

/** The checkpoint went back since it was read. Nothing was applied: read it again and go on after it. */
export class ConsumerMovedError extends Error {
  constructor(options: { readonly cause: unknown }) {
    super('the checkpoint went back', options);
    this.name = 'ConsumerMovedError';
  }
}

/**
 * - `starting`: nothing read yet. `catching-up`: there is more in the log than was applied. `live`: the newest event
 *   was applied, or is being.
 * - `standby`: another process holds the share; this one takes it over when that one has ended.
 * - `retrying`: a batch cannot be applied, or not be read; it is tried again for as long as it takes.
 * - `failed`: nothing goes on until an operator mends what the reason names and starts again.
 */
export type ConsumerState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'catching-up' }
  | { readonly kind: 'live' }
  | { readonly kind: 'standby'; readonly reason: string }
  | { readonly kind: 'retrying'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Counters since the consumer began. */
export interface ConsumerProgress extends LeftAside {
  /** Last position applied. */
  readonly position: number;
  /** Events applied, those left aside included. */
  readonly events: number;
  /** Batches that could not be read or applied and were tried again. */
  readonly failures: number;
}

export const noProgress: ConsumerProgress = { position: 0, events: 0, unknown: 0, foreign: 0, failures: 0 };

/** The consumer that history and friend lists are read from. */
export const readModelName = 'read-model';
