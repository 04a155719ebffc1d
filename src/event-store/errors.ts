import type { ExpectedRevision } from './event-store.ts';

export type EventStoreErrorCode = 'WRONG_EXPECTED_REVISION' | 'EVENT_STORE_UNAVAILABLE' | 'LOG_DAMAGED';

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
