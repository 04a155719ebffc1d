/** The client's public face, for a browser and for Node alike. */
export { connect } from './connect.ts';
export { ClientError } from './errors.ts';
export type { ClientErrorCode } from './errors.ts';
export * from './frames.ts';
export { mayReconnect } from './may-reconnect.ts';
export type { BackoffOptions } from './backoff.ts';
export type {
  CloseEvent,
  ConnectOptions,
  Identity,
  OutgoingMessage,
  Session,
  SessionEvents,
  SessionOptions,
  SessionState,
} from './session.ts';
export type { WebSocketConstructor, WebSocketLike } from './websocket.ts';
