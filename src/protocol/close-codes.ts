/** Why a gateway closes a socket. 4000–4499: connect again. 4500–4999: do not. */
export const closeCodes = {
  draining: 4000,
  noHello: 4001,
  tooSlow: 4008,
  feedLost: 4009,
  protocolViolation: 4500,
  notAuthenticated: 4501,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
