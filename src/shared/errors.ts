/** Every code a client can meet, on a socket or over REST (docs/protocol.md). */
export const errorCodes = {
  BAD_FRAME: { temporary: false, status: 400, title: 'Bad request' },
  NOT_AUTHENTICATED: { temporary: false, status: 401, title: 'Not authenticated' },
  FORBIDDEN: { temporary: false, status: 403, title: 'Forbidden' },
  NOT_FOUND: { temporary: false, status: 404, title: 'Not found' },
  USER_NOT_FOUND: { temporary: false, status: 404, title: 'User not found' },
  CONVERSATION_NOT_FOUND: { temporary: false, status: 404, title: 'Conversation not found' },
  USER_EXISTS: { temporary: false, status: 409, title: 'User exists' },
  IDEMPOTENCY_CONFLICT: { temporary: false, status: 409, title: 'Idempotency conflict' },
  SEQ_OUT_OF_RANGE: { temporary: false, status: 422, title: 'Seq out of range' },
  RATE_LIMITED: { temporary: true, status: 429, title: 'Rate limited' },
  OVERLOADED: { temporary: true, status: 503, title: 'Overloaded' },
  STORE_UNAVAILABLE: { temporary: true, status: 503, title: 'Store unavailable' },
  READ_MODEL_BEHIND: { temporary: true, status: 503, title: 'Read model behind' },
  INTERNAL: { temporary: true, status: 500, title: 'Internal error' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * The one error that crosses rooms. `code` decides what a client is told, `message` says what is wrong in words that
 * may be shown to it, `cause` stays in the log.
 */
export class WeiliaoError extends Error {
  readonly code: ErrorCode;
  /** The field or header that is wrong, where it is one. */
  readonly path: string | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; path?: string }) {
    super(message, options);
    this.name = 'WeiliaoError';
    this.code = code;
    this.path = options?.path;
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

/** Something an operator must mend before the process can start or go on: printed as it is, exit 1. */
export class OperatorError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OperatorError';
  }
}
