import { deferred } from './deferred.ts';
import type { Deferred } from './deferred.ts';
import { ClientError } from './errors.ts';
import type { ClientFrame, HelloFrame, PongFrame, ServerFrame } from './frames.ts';
import { parseServerFrame } from './parse.ts';
import type { WebSocketConstructor, WebSocketLike } from './websocket.ts';

export interface ConnectionOptions {
  readonly WebSocket: WebSocketConstructor;
  readonly url: string;
  readonly hello: HelloFrame;
  /** A connection that was silent for this long is pinged, and given up after as long again. Milliseconds. */
  readonly heartbeatMs: number;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onError: (error: ClientError) => void;
  /** Called once, whoever ended it. */
  readonly onClose: (code: number, reason: string) => void;
}

/** A close that no peer announced, as in RFC 6455. */
const abnormal = 1006;

/** The life of one socket: `hello`, frames, a heartbeat, its end. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocketLike;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  readonly #pings: Deferred<PongFrame>[] = [];
  #silentBeats = 0;
  #open = false;
  #welcomed = false;
  #ended = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = new options.WebSocket(options.url);
    this.#heartbeat = setInterval(() => this.#beat(), options.heartbeatMs);
    this.#socket.onopen = () => {
      this.#open = true;
      this.send(options.hello);
    };
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => this.#end(code, reason);
    // The `close` that follows every `error` says what there is to say; without a listener `ws` would throw.
    this.#socket.onerror = () => undefined;
  }

  /** Text of a frame made by `JSON.stringify`, or the frame. */
  send(frame: ClientFrame | string): void {
    if (this.#open && !this.#ended) this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Pongs come in the order of their pings. */
  ping(): Promise<PongFrame> {
    const pong = deferred<PongFrame>();
    this.#pings.push(pong);
    this.send({ type: 'ping' });
    return pong.promise;
  }

  /** `onClose` follows at once; the closing handshake goes on behind it, so that a dead peer holds nobody up. */
  close(code = 1000, reason = ''): void {
    if (this.#ended) return;
    this.#socket.close(code, reason);
    this.#end(code, reason);
  }

  #receive(data: unknown): void {
    this.#silentBeats = 0;
    if (this.#ended) return;
    let frame: ServerFrame | undefined;
    try {
      frame = parseServerFrame(data);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#options.onError(error);
      return;
    }
    if (frame?.type === 'welcome') this.#welcomed = true;
    if (frame?.type === 'pong') this.#pings.shift()?.resolve(frame);
    else if (frame !== undefined) this.#options.onFrame(frame);
  }

  #beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats === 1) return;
    // Before its `welcome` a client has nothing to say.
    if (this.#silentBeats === 2 && this.#welcomed) {
      this.ping().catch(() => undefined);
      return;
    }
    this.#socket.close();
    this.#end(abnormal, 'the server went silent');
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    const error = new ClientError('DISCONNECTED', 'the connection was lost', true);
    for (const { reject } of this.#pings.splice(0)) reject(error);
    this.#options.onClose(code, reason);
  }
}
