/**
 * The log: the one place that anything is written to. Written for EventStoreDB first; the embedded log gives the same
 * guarantees. test/contract/event-store.ts holds every adapter to them.
 *
 * Revisions and positions are plain numbers here: exact up to 2^53, which a revision reaches after 28,000 years at
 * 10,000 events a second, and an EventStoreDB position (a byte offset) after nine petabytes. Adapters convert bigints
 * at their edge.
 */

/** An event to append. */
export interface EventData {
  /** UUID. The same id at the same place is the same event: that is what makes a retry safe. */
  readonly id: string;
  /** Past tense, e.g. `MessageSent`. */
  readonly type: string;
  readonly data: unknown;
  readonly metadata: EventMetadata;
}

export interface EventMetadata {
  /** Shape of `data`. */
  readonly schemaVersion: number;
  readonly $correlationId?: string;
  readonly $causationId?: string;
  /** The trace that the event belongs to (W3C), where its command named one. */
  readonly traceparent?: string | undefined;
  /** In a conversation: seq of its newest message after this event, so that the newest event alone tells the next. */
  readonly lastSeq?: number;
}

/** A past fact, with its place. */
export interface RecordedEvent extends EventData {
  readonly stream: string;
  /** 0-based place in its stream, no gaps. */
  readonly revision: number;
  /** Place in the whole log: grows with every event, not by one. The first is above 0. */
  readonly position: number;
  /** When the log took it, epoch milliseconds. */
  readonly created: number;
}

/** Optimistic lock of an append: the stream's newest revision, or that there is no such stream. */
export type ExpectedRevision = number | 'no_stream';

export interface AppendResult {
  /** Revision of the append's last event. */
  readonly revision: number;
  /** Position of the append's last event. */
  readonly position: number;
}

export interface ReadStreamOptions {
  readonly direction: 'forwards' | 'backwards';
  /** Inclusive. Default: the stream's first event forwards, its last backwards. */
  readonly fromRevision?: number;
  /** At most this many events. */
  readonly maxCount: number;
}

export interface SubscribeOptions {
  /** Exclusive: the position of the last event already had, 0 for the whole log. */
  readonly after: number;
  /** Only streams whose name begins with one of these. */
  readonly prefixes: readonly string[];
  /** Ends the subscription: the iteration is then done, without an error. */
  readonly signal: AbortSignal;
  /** Most events in one batch, default 1,000. */
  readonly maxBatch?: number;
}

/** Some events in log order. `caughtUp`: nothing more was in the log when this batch was made (it may be empty). */
export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  readonly caughtUp: boolean;
}

/** What a feed needs of a log. `subscribe`: its `subscribeToAll`, or the same over a consumer group. */
export interface FeedLog extends Pick<EventStore, 'lastPosition' | 'eventAt' | 'readStream'> {
  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch>;
}

export interface EventStore {
  /**
   * Appends all of `events`, one at least, or none, and resolves once they are durable.
   *
   * Idempotent: the same ids at the same expected revision give the first outcome, also after the stream has moved on.
   * Throws `WrongExpectedRevisionError` where the stream is elsewhere and the events are not there yet,
   * `EventStoreUnavailableError` where the store gave no answer: the outcome is then unknown, append the same again;
   * `StreamDeletedError`, `MisplacedAppendError` where somebody else deleted in the log.
   */
  appendToStream(
    stream: string,
    events: readonly EventData[],
    expectedRevision: ExpectedRevision,
  ): Promise<AppendResult>;

  /** Events of one stream; empty where there is no such stream. Throws `EventStoreUnavailableError`, `StreamDeletedError`. */
  readStream(stream: string, options: ReadStreamOptions): Promise<readonly RecordedEvent[]>;

  /**
   * The log in order, from `after` on, without end: first what is there, then what comes. Each event once.
   * With back-pressure: nothing is read ahead of the consumer. Throws `EventStoreUnavailableError` where the store is
   * lost; the consumer subscribes again after the last position it applied.
   */
  subscribeToAll(options: SubscribeOptions): AsyncIterable<EventBatch>;

  /**
   * Position of the newest event of our own streams (`ownPrefixes`), 0 where there is none. Others do not count: what
   * waits until the read model is there would wait for ever. Throws `EventStoreUnavailableError`.
   */
  lastPosition(): Promise<number>;

  /** The event at exactly this position; undefined where there is none. Throws `EventStoreUnavailableError`. */
  eventAt(position: number): Promise<RecordedEvent | undefined>;

  /** Ends subscriptions, waits for appends in flight, gives everything back. Safe to call twice. */
  close(): Promise<void>;
}

export {
  EventStoreError,
  EventStoreUnavailableError,
  LogDamagedError,
  MisplacedAppendError,
  StreamDeletedError,
  WrongExpectedRevisionError,
} from './errors.ts';

/** The revision of an append's last event, where all is well. */
export function lastRevisionOf(expected: ExpectedRevision, count: number): number {
  return expected === 'no_stream' ? count - 1 : expected + count;
}
