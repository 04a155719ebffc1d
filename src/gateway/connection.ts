/** One open WebSocket, whichever library holds it. After `end` nothing may be called any more. */
export interface Connection {
  send(text: string): unknown;
  /** Writes made inside go out together. */
  cork(write: () => void): unknown;
  /** Bytes that were sent here and have not left the process yet. */
  getBufferedAmount(): number;
  /** Sends what is there, then a close frame. Calls `closed` of the listener before it returns. */
  end(code: number, reason: string): unknown;
}
