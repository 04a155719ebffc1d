import type { ExpectedRevision } from './event-store.ts';

export type EventStoreErrorCode =
  'WRONG_EXPECTED_REVISION' | 'EVENT_STORE_UNAVAILABLE' | 'LOG_DAMAGED' | 'STREAM_DELETED' | 'APPEND_MISPLACED';

/** What goes wrong with the log, known by its `code`: `instanceof` does not survive the way out of a worker thread. */
export abstract class EventStoreError extends Error {
  abstract readonly code: EventStoreErrorCode;
  /** The same may succeed later without anybody doing anything about it. */
  abstract readonly temporary: boolean;
}

/** The stream is not where the append expected it. Nothing was written. */
export class WrongExpectedRevisionError extends EventStoreError {
  readonly code = 'WRONG_EXPECTED_REVISION';
  readonly temporary = false;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly actual: ExpectedRevision;

  constructor(stream: string, expected: ExpectedRevision, actual: ExpectedRevision) {
    super(`stream ${stream} is at ${actual}, not at ${expected}`);
    this.name = 'WrongExpectedRevisionError';
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The store did not answer, or answered that it cannot now. What was asked may or may not have happened. */
export class EventStoreUnavailableError extends EventStoreError {
  readonly code = 'EVENT_STORE_UNAVAILABLE';
  readonly temporary = true;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EventStoreUnavailableError';
  }
}

/** What the log holds is not what was written to it. Never repaired in silence: an operator must decide. */
export class LogDamagedError extends EventStoreError {
  readonly code = 'LOG_DAMAGED';
  readonly temporary = false;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LogDamagedError';
  }
}

/** The stream was deleted for good: nothing can be read of it, and nothing was or will ever be appended to it. */
export class StreamDeletedError extends EventStoreError {
  readonly code = 'STREAM_DELETED';
  readonly temporary = false;
  readonly stream: string;

  constructor(stream: string, options?: { cause?: unknown }) {
    super(`stream ${stream} was deleted for good`, options);
    this.name = 'StreamDeletedError';
    this.stream = stream;
  }
}

/**
 * The append was written, but not where it was to be: somebody deleted the stream's events, and the server went on
 * counting from them. Made again it gives `WrongExpectedRevisionError`.
 */
export class MisplacedAppendError extends EventStoreError {
  readonly code = 'APPEND_MISPLACED';
  readonly temporary = false;
  readonly stream: string;
  /** Revisions of the append's last event. */
  readonly expected: number;
  readonly got: number;

  constructor(stream: string, expected: number, got: number) {
    super(`an append to stream ${stream} ended at ${got}, not at ${expected}`);
    this.name = 'MisplacedAppendError';
    this.stream = stream;
    this.expected = expected;
    this.got = got;
  }
}
