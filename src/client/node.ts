import WebSocket from 'ws';
import { connect as connectWith } from './connect.ts';
import type { ConnectOptions, Session } from './session.ts';

/** `connect` for Node, with the WebSocket of `ws`. */
export function connect(options: ConnectOptions): Session {
  return connectWith({ WebSocket, ...options });
}
