import { uuidV7 } from './uuid-v7.ts';
import { createBackoff } from './backoff.ts';
import { Connection } from './connection.ts';
import { deferred } from './deferred.ts';
import { createEmitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import type { AckFrame, HelloFrame, PongFrame, SendAckFrame, ServerFrame, WelcomeFrame } from './frames.ts';
import { closeCodes } from './frames.ts';
import { mayReconnect } from './may-reconnect.ts';
import { Outbox } from './outbox.ts';
import { Seen } from './seen.ts';
import type { ConnectOptions, EventFrame, OutgoingMessage, Session, SessionEvents, SessionState } from './session.ts';
import { platformWebSocket } from './websocket.ts';
import type { WebSocketConstructor } from './websocket.ts';

/** A connection that lived this long was a good one: the back-off begins anew. Milliseconds. */
const settledMs = 5_000;

/** Opens a session. Returns at once: attach listeners, then `await session.ready` if it matters. */
export function connect(options: ConnectOptions): Session {
  return new ReconnectingSession(options);
}

class ReconnectingSession implements Session {
  readonly #options: ConnectOptions;
  readonly #WebSocket: WebSocketConstructor;
  readonly #newId: () => string;
  readonly #backoff: (attempt: number) => number;
  readonly #emitter = createEmitter<SessionEvents>();
  readonly #outbox: Outbox;
  readonly #seen = new Seen();
  readonly #ready = deferred<WelcomeFrame>();
  #state: SessionState = 'connecting';
  #cursor: string | undefined;
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #openedAt = Infinity;

  constructor(options: ConnectOptions) {
    const WebSocket = options.WebSocket ?? platformWebSocket();
    if (WebSocket === undefined) throw new TypeError('no WebSocket here: give one in options.WebSocket');
    if (!URL.canParse(options.url)) throw new TypeError(`no URL: ${options.url}`);
    this.#options = options;
    this.#WebSocket = WebSocket;
    this.#newId = options.newId ?? uuidV7;
    this.#cursor = options.cursor;
    this.#backoff = createBackoff(options.backoff);
    const { window = 256, capacity = 10_000, retries = 8 } = options;
    this.#outbox = new Outbox({ window, capacity, retries, backoff: this.#backoff });
    this.#ready.promise.catch(() => undefined);
    void this.#connect();
  }

  get state(): SessionState {
    return this.#state;
  }

  get cursor(): string | undefined {
    return this.#cursor;
  }

  get ready(): Promise<WelcomeFrame> {
    return this.#ready.promise;
  }

  on<K extends keyof SessionEvents>(event: K, listener: (payload: SessionEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  async send(message: OutgoingMessage): Promise<SendAckFrame> {
    this.#assertLive();
    const ack = await this.#outbox.add({ ...message, type: 'send', id: message.id ?? this.#newId() });
    return asSendAck(ack);
  }

  async markRead(conversation: string, seq: number): Promise<void> {
    this.#assertLive();
    await this.#outbox.add({ type: 'read', id: this.#newId(), conversation, seq });
  }

  typing(conversation: string, on: boolean): void {
    if (this.#state === 'open') this.#connection?.send({ type: 'typing', conversation, on });
  }

  ping(): Promise<PongFrame> {
    if (this.#state === 'open' && this.#connection !== undefined) return this.#connection.ping();
    return Promise.reject(new ClientError('DISCONNECTED', 'there is no connection', true));
  }

  close(): void {
    this.#stop(new ClientError('CLOSED', 'the session was closed'));
    this.#connection?.close();
  }

  async #connect(): Promise<void> {
    this.#state = 'connecting';
    try {
      const hello = await this.#hello();
      if (this.#isClosed()) return;
      this.#connection = this.#openConnection(hello);
    } catch (error) {
      this.#closed(1006, error instanceof Error ? error.message : String(error));
    }
  }

  #openConnection(hello: HelloFrame): Connection {
    return new Connection({
      WebSocket: this.#WebSocket,
      url: this.#options.url,
      hello,
      heartbeatMs: this.#options.heartbeatMs ?? 25_000,
      onFrame: (frame) => this.#receive(frame),
      onError: (error) => this.#emitter.emit('error', error),
      onClose: (code, reason) => this.#closed(code, reason),
    });
  }

  async #hello(): Promise<HelloFrame> {
    const { user, token, username, device } = this.#options;
    const who = token === undefined ? { user } : { token: typeof token === 'string' ? token : await token() };
    const cursor = this.#cursor;
    return {
      type: 'hello',
      ...who,
      ...(username !== undefined && { username }),
      ...(device !== undefined && { device }),
      ...(cursor !== undefined && { cursor }),
    };
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#welcomed(frame);
        break;
      case 'ack':
        this.#outbox.answered(frame);
        break;
      case 'error':
        if (!this.#outbox.answered(frame)) this.#failed(ClientError.fromFrame(frame));
        break;
      case 'pong':
        break;
      case 'message':
      case 'read':
        this.#deliver(frame);
        break;
      default:
    }
  }

  #deliver(frame: EventFrame): void {
    this.#cursor = frame.cursor;
    if (this.#seen.admit(frame.conversation, frame.revision)) this.#emitter.emit(frame.type, frame);
  }

  #welcomed(frame: WelcomeFrame): void {
    // Where everything missed still follows, only those frames may move the cursor: this connection may break before.
    if (this.#cursor === undefined || !frame.recovered) this.#cursor = frame.cursor;
    this.#state = 'open';
    this.#openedAt = Date.now();
    this.#outbox.opened((text) => this.#connection?.send(text));
    this.#ready.resolve(frame);
    this.#emitter.emit('open', frame);
  }

  /** An error that answers no command. Before the `welcome` it answers `hello`: without one there is no session (a 4501 follows by itself). */
  #failed(error: ClientError): void {
    this.#emitter.emit('error', error);
    if (this.#state !== 'connecting' || error.code === 'NOT_AUTHENTICATED') return;
    if (!error.temporary) this.#stop(error);
    this.#connection?.close(1000, error.code);
  }

  #closed(code: number, reason: string): void {
    this.#connection = undefined;
    if (!mayReconnect(code)) {
      const why = code === closeCodes.notAuthenticated ? 'NOT_AUTHENTICATED' : 'CLOSED';
      this.#stop(new ClientError(why, `the server closed with ${code} ${reason}`.trimEnd()));
    }
    const retryInMs = this.#isClosed() ? undefined : this.#reconnectLater();
    this.#emitter.emit('close', { code, reason, retryInMs });
  }

  #reconnectLater(): number {
    this.#outbox.lost();
    if (Date.now() - this.#openedAt > settledMs) this.#attempt = 0;
    this.#openedAt = Infinity;
    this.#state = 'waiting';
    const retryInMs = this.#backoff(this.#attempt++);
    this.#timer = setTimeout(() => void this.#connect(), retryInMs);
    return retryInMs;
  }

  #stop(error: ClientError): void {
    if (this.#isClosed()) return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#outbox.close(error);
    this.#ready.reject(error);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #assertLive(): void {
    if (this.#isClosed()) throw new ClientError('CLOSED', 'the session is over');
  }
}

function asSendAck(ack: AckFrame): SendAckFrame {
  if ('message' in ack) return ack;
  throw new ClientError('BAD_SERVER_FRAME', 'the answer to a send says nothing about the message');
}
