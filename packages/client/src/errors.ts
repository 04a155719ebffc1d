import type { ErrorCode, ErrorFrame } from './frames.ts';

/**
 * Codes of this side: `DISCONNECTED` the connection or a request broke, `TIMEOUT` no answer in time, `TOKEN_FAILED` the
 * token function threw (`cause` says what), `DISCARDED` the user took the message back, `QUEUE_FULL` too many messages
 * wait, `CLOSED` the server does not want this client, `BAD_SERVER_FRAME` the server sent something that is no frame.
 */
export type ClientErrorCode =
  ErrorCode | 'DISCONNECTED' | 'TIMEOUT' | 'TOKEN_FAILED' | 'DISCARDED' | 'QUEUE_FULL' | 'CLOSED' | 'BAD_SERVER_FRAME';

/** Every failure that a client reports. */
export class ClientError extends Error {
  /** A `ClientErrorCode`; a newer server may send others. */
  readonly code: ClientErrorCode | (string & {});
  /** True: the same call may succeed later. */
  readonly temporary: boolean;

  constructor(
    code: ClientErrorCode | (string & {}),
    message: string,
    { temporary = false, cause }: { temporary?: boolean; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ClientError';
    this.code = code;
    this.temporary = temporary;
  }

  static fromFrame({ code, message, temporary }: Omit<ErrorFrame, 'type'>): ClientError {
    return new ClientError(code, message, { temporary });
  }
}

/** Whatever went wrong, as an error of a client; what it does not know is a connection that broke. */
export function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ClientError('DISCONNECTED', message, { temporary: true, cause: error });
}
