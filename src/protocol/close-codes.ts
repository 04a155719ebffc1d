/** Why a gateway closes a socket. */
export const closeCodes = {
  draining: 4000,
  noHello: 4001,
  tooSlow: 4008,
  feedLost: 4009,
  protocolViolation: 4500,
  notAuthenticated: 4501,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** 4000–4499: connect again. From here to 4999: do not. */
export const firstFinalCode = 4500;

/** What a close code says, and what a client should do then, as docs/protocol.md has it. */
export const closings = {
  draining: { meaning: 'The server is draining', client: 'reconnect, after a random delay' },
  noHello: { meaning: 'No `hello` in time', client: 'reconnect' },
  tooSlow: {
    meaning: 'Reads too slowly: more than `MAX_BUFFERED_BYTES` unsent, or nothing of a replay taken for 30 s',
    client: 'reconnect with its cursor',
  },
  feedLost: { meaning: 'The gateway lost the feed of the log', client: 'reconnect with its cursor' },
  protocolViolation: {
    meaning: 'A frame that is too long, a binary frame, or one bad frame too many',
    client: 'stop: it is a bug',
  },
  notAuthenticated: { meaning: 'Not authenticated', client: 'stop, get a new token' },
} as const satisfies { [Name in keyof typeof closeCodes]: { readonly meaning: string; readonly client: string } };
