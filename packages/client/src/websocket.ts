/** Parameters compare both ways, so that the browser's handlers and those of `ws` both fit. */
type Handler<E> = { handle(event: E): void }['handle'] | null;

/** What a session needs of a WebSocket: the browser's and that of `ws` have it. */
export interface WebSocketLike {
  onopen: Handler<unknown>;
  onmessage: Handler<{ readonly data: unknown }>;
  onclose: Handler<{ readonly code: number; readonly reason: string }>;
  onerror: Handler<unknown>;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** The platform's own: every browser, Node 22 and later. */
export function platformWebSocket(): WebSocketConstructor | undefined {
  return (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
}
