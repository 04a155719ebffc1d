import type { DocumentKind } from './documents.ts';
import type { AppliedSpan, Checkpoint, ReadModelBatch } from './read-model.ts';

/** What a rebuild may be asked to build alone, where the store can take the others over. */
export const projections = ['message', 'conversation', 'user'] as const;
export type Projection = (typeof projections)[number];

/** One document of the read model in use that is not what the log says. */
export interface DocumentDifference {
  /** `missing`: the log gives it, the read model has none. `unexpected`: the other way round. `different`: both have it. */
  readonly kind: 'missing' | 'unexpected' | 'different';
  readonly document: DocumentKind;
  readonly id: string;
  /** Names of the fields that differ, where both have the document. */
  readonly fields: readonly string[];
  readonly expected: unknown;
  readonly actual: unknown;
}

/** The read model in use cannot be read, whatever it holds. A rebuild needs nothing of it. */
export class IncomparableError extends Error {
  constructor(cause: unknown) {
    super(`the read model in use cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'IncomparableError';
  }
}

/** What a failed comparison throws: an error that says itself whether it passes, or that ended it early, stays as it is. */
export function failedComparison(error: unknown, { signal }: Pick<LogAtHand, 'signal'>): unknown {
  const says = error instanceof Error && 'temporary' in error;
  return says || signal?.aborted === true ? error : new IncomparableError(error);
}

export interface Comparison {
  /** Position at which both were compared. */
  readonly at: number;
  /** To be read through, or ended early: the read model in use is held until then. */
  readonly differences: AsyncIterable<DocumentDifference> | Iterable<DocumentDifference>;
}

/** The log, as a comparison asks for it. */
export interface LogAtHand {
  /** What is built holds everything up to here. */
  position(): number;
  /** Writes on to what is built, up to a position of the log. One that it has reached changes nothing. */
  goOnTo(upTo: number): Promise<void>;
  /** What a stretch of the log says, in log order. */
  read(range: Range): AsyncIterable<ReadModelBatch>;
  /** Position of the log's newest event. */
  lastPosition(): Promise<number>;
  /** Ends everything early: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** A part of the log: positions `after` (exclusive) to `upTo` (inclusive). */
export interface Range {
  readonly after: number;
  readonly upTo: number;
}

/** A batch as `add` takes it: whatever the adapter writes fastest, fit to be handed from thread to thread. */
export type EncodedBatch = object;

/** What the module of an encoder exports. */
export interface Encoder {
  encode(batch: ReadModelBatch): EncodedBatch;
}

/**
 * A read model that is built from the log beside the one in use. First `add` takes the log's stretches, then `complete`
 * ends that, then `write` takes what came since. All methods throw `ReadModelUnavailableError`: what is in use is
 * then right, whatever was begun.
 */
export interface Construction {
  /** Some of it was taken over from the read model in use: where that stood. `add` must go exactly that far. */
  readonly takenOverAt: number | undefined;
  /** What is applied to the read model in use; undefined where there is none that this program can read. */
  liveCheckpoint(): Promise<Checkpoint | undefined>;
  /** Whether there is anything in use, readable or not, that would be replaced. */
  replacesAnything(): Promise<boolean>;
  /** Module of the `Encoder` for `add`, to be loaded in whatever thread folds. Undefined: `add` takes batches as they are. */
  readonly encoder: URL | undefined;
  /** In bulk: what the next stretch of the log says. */
  add(batch: EncodedBatch): Promise<void>;
  /** Nothing more comes in bulk; everything up to `position` was added. */
  complete(position: number): Promise<void>;
  /** What came to the log since. What is there already stays. */
  write(batch: ReadModelBatch, span: AppliedSpan): Promise<void>;
  /**
   * Compares what is built with the read model in use, at one position, while that one may go on being written.
   * Undefined where there is none any more, or one that has not come as far as what is built. Throws `IncomparableError`,
   * also while the differences are read through.
   */
  compare(log: LogAtHand): Promise<Comparison | undefined>;
  /**
   * To be called before the last stretch is written: whoever writes the read model in use stands still from here on,
   * until `putInUse` or `end`, where the store cannot go over to the new one in a single step.
   */
  hold(): Promise<void>;
  /**
   * Makes what is built, which holds everything up to this place, the one in use. Readers and projectors go over to it by
   * themselves.
   */
  putInUse(checkpoint: Checkpoint): Promise<void>;
  /** Gives everything back; what was not put in use is deleted. Never rejects. Safe to call twice. */
  end(): Promise<void>;
}
