/** What a code says, to clients and to people. */
export interface ErrorKind {
  /** True: the very same frame or request may succeed later. */
  readonly temporary: boolean;
  /** HTTP status of the answer over REST. */
  readonly status: number;
  /** A problem's title (RFC 9457). */
  readonly title: string;
  /** When it is told, as docs/protocol.md has it. */
  readonly when: string;
  /** What the message, or a problem's `detail`, may say then. */
  readonly example: string;
}

/** Every code a client can meet, on a socket or over REST. */
export const errorCodes = {
  BAD_FRAME: {
    temporary: false,
    status: 400,
    title: 'Bad request',
    when: 'Not JSON, an unknown type, a field missing, of the wrong kind or too long: the message names the field. Over REST: any bad path, query, header or body. A body over 64 KiB has status 413, one that is not JSON 415',
    example: 'msg: must not be empty',
  },
  NOT_AUTHENTICATED: {
    temporary: false,
    status: 401,
    title: 'Not authenticated',
    when: 'No user named, a bad token, or another frame before `hello`',
    example: 'this route needs a user',
  },
  FORBIDDEN: {
    temporary: false,
    status: 403,
    title: 'Forbidden',
    when: 'Not this user’s to do: registering or changing somebody else; or an `Origin` or `Host` that may not call',
    example: 'this origin may not call; ALLOWED_ORIGINS names those that may',
  },
  NOT_FOUND: {
    temporary: false,
    status: 404,
    title: 'Not found',
    when: 'REST: no such address',
    example: 'there is nothing at this address',
  },
  USER_NOT_FOUND: {
    temporary: false,
    status: 404,
    title: 'User not found',
    when: 'The addressee, or the sender, never registered',
    example: 'addressee 1009 is not registered',
  },
  CONVERSATION_NOT_FOUND: {
    temporary: false,
    status: 404,
    title: 'Conversation not found',
    when: 'Unknown, no conversation id at all, or the user has no part in it: nobody can tell which',
    example: 'conversation not found',
  },
  USER_EXISTS: {
    temporary: false,
    status: 409,
    title: 'User exists',
    when: 'REST: the id belongs to a user with another name or avatar',
    example: '1001 is registered with another name or picture',
  },
  IDEMPOTENCY_CONFLICT: {
    temporary: false,
    status: 409,
    title: 'Idempotency conflict',
    when: 'This client message id was used before with another `msg` or addressee',
    example: 'this id was used for another message',
  },
  BLOCKED: {
    temporary: false,
    status: 403,
    title: 'Blocked',
    when: 'The addressee has blocked the sender, or the sender the addressee',
    example: 'one of the two has blocked the other',
  },
  SEQ_OUT_OF_RANGE: {
    temporary: false,
    status: 422,
    title: 'Seq out of range',
    when: 'A seq beyond the last one',
    example: 'the last seq is 7',
  },
  CONVERSATION_DAMAGED: {
    temporary: false,
    status: 409,
    title: 'Conversation damaged',
    when: 'An event of this conversation, or of a user in it, cannot be read here or was taken out of the log: an operator must look. Others go on',
    example: 'an event of this conversation cannot be read here',
  },
  RATE_LIMITED: {
    temporary: true,
    status: 429,
    title: 'Rate limited',
    when: 'More a second than a limit allows: commands of a kind by a user (`RATE_LIMIT`, repeated sends count too), sockets of an address (`HELLO_RATE`) or a user, look-ups of what is not there (`LOOKUP_RATE`). The message and `Retry-After` say when to come back',
    example: 'too many commands a second; try again in 20 ms',
  },
  OVERLOADED: {
    temporary: true,
    status: 503,
    title: 'Overloaded',
    when: 'More commands in flight than `MAX_IN_FLIGHT` or `MAX_IN_FLIGHT_PER_USER`, more requests or unsent answers than `MAX_QUERIES` and `MAX_ANSWER_BYTES`, or too much sent before `welcome`',
    example: 'too many requests are under way; try again',
  },
  STORE_UNAVAILABLE: {
    temporary: true,
    status: 503,
    title: 'Store unavailable',
    when: 'No answer from the log within `COMMAND_TIMEOUT_MS`, or it cannot be written: **the outcome is unknown, send the same id again**; or the key set at `JWKS_URL` is out of reach: the message says which',
    example: 'the event store does not answer now',
  },
  READ_MODEL_BEHIND: {
    temporary: true,
    status: 503,
    title: 'Read model behind',
    when: 'REST: what was asked for is not in the read model yet, or the read model does not answer',
    example: 'the read model has not caught up yet',
  },
  INTERNAL: {
    temporary: true,
    status: 500,
    title: 'Internal error',
    when: 'A fault of the server, written to its log',
    example: 'internal error, logged by the server',
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof errorCodes;

export const allErrorCodes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];
