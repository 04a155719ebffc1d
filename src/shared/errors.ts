import { errorCodes } from '../protocol/error-codes.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';

interface WeiliaoErrorOptions {
  readonly cause?: unknown;
  readonly path?: string;
  readonly reason?: string;
  readonly retryAfterMs?: number;
}

/**
 * The one error that crosses rooms. `code` decides what a client is told, `message` says what is wrong in words that
 * may be shown to it, `cause` stays in the log.
 */
export class WeiliaoError extends Error {
  readonly code: ErrorCode;
  /** The field or header that is wrong, where it is one. */
  readonly path: string | undefined;
  /** The message without what differs each time: what refusals are counted by. */
  readonly reason: string;
  /** Milliseconds until it is worth another try, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options?: WeiliaoErrorOptions) {
    super(message, options);
    this.name = 'WeiliaoError';
    this.code = code;
    this.reason = options?.reason ?? message;
    this.path = options?.path;
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** True: the same request may succeed later, unchanged. */
  get temporary(): boolean {
    return errorCodes[this.code].temporary;
  }
}

/** Whatever was thrown, as an error that may be told to a client; the unexpected becomes `INTERNAL`. */
export function toWeiliaoError(error: unknown): WeiliaoError {
  if (error instanceof WeiliaoError) return error;
  return new WeiliaoError('INTERNAL', 'internal error, logged by the server', { cause: error });
}

/** More than may be done. Says when to come back. */
export function rateLimited(what: string, retryAfterMs: number): WeiliaoError {
  return new WeiliaoError('RATE_LIMITED', `${what}; try again in ${retryAfterMs} ms`, { reason: what, retryAfterMs });
}

/** Something an operator must mend before the process can start or go on: printed as it is, exit 1. */
export class OperatorError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OperatorError';
  }
}
