import type { ErrorCode, ErrorFrame } from './frames.ts';

/**
 * Codes of this side: `CLOSED` the session is over, `DISCONNECTED` no connection right now, `QUEUE_FULL` too many frames
 * wait for an answer, `BAD_SERVER_FRAME` the server sent something that is no frame.
 */
export type ClientErrorCode = ErrorCode | 'CLOSED' | 'DISCONNECTED' | 'QUEUE_FULL' | 'BAD_SERVER_FRAME';

/** Every failure that a session reports. */
export class ClientError extends Error {
  /** A `ClientErrorCode`; a newer server may send others. */
  readonly code: string;
  /** True: the same call may succeed later. */
  readonly temporary: boolean;

  constructor(code: ClientErrorCode, message: string, temporary = false) {
    super(message);
    this.name = 'ClientError';
    this.code = code;
    this.temporary = temporary;
  }

  static fromFrame(frame: ErrorFrame): ClientError {
    return new ClientError(frame.code as ClientErrorCode, frame.message, frame.temporary);
  }
}
