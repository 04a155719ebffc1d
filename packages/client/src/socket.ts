import type { WebSocketConstructor } from './websocket.ts';

/** A close that no peer announced, as in RFC 6455. */
const abnormal = 1006;

/** What `close` may take that announces itself by `error`, milliseconds. */
const closeAfterErrorMs = 1_000;

export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onData: (data: unknown) => void;
  /** Called once, whoever ended it; never after `close`. */
  readonly onEnd: (code: number, reason: string) => void;
}

export interface Socket {
  send(frame: object): void;
  /** Nothing is told any more; the closing handshake goes on behind it, so that a dead peer holds nobody up. */
  close(): void;
}

/** One WebSocket. `error` counts as its end: some platforms send `close` a minute later, or never. */
export function openSocket(WebSocket: WebSocketConstructor, url: string, events: SocketEvents): Socket {
  const socket = new WebSocket(url);
  let open = false;
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function end(code: number, reason: string): void {
    if (ended) return;
    finish();
    events.onEnd(code, reason);
  }

  function finish(): void {
    ended = true;
    clearTimeout(timer);
    // Without a listener for errors `ws` would throw them.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => undefined;
    try {
      socket.close();
    } catch {
      // It never opened.
    }
  }

  socket.onopen = () => {
    open = true;
    events.onOpen();
  };
  socket.onmessage = ({ data }) => events.onData(data);
  socket.onclose = ({ code, reason }) => end(code, reason);
  socket.onerror = () => {
    if (!open) end(abnormal, 'no connection');
    else timer ??= setTimeout(() => end(abnormal, 'broken'), closeAfterErrorMs);
  };

  return {
    send(frame) {
      if (open && !ended) socket.send(JSON.stringify(frame));
    },
    close() {
      if (!ended) finish();
    },
  };
}
