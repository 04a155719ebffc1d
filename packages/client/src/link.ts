import type { Auth } from './auth.ts';
import { backoff } from './backoff.ts';
import type { ClientEvents, ConnectionState } from './client.ts';
import type { Emit } from './emitter.ts';
import { ClientError, asClientError } from './errors.ts';
import { closeCodes } from './frames.ts';
import type { ClientFrame, ServerFrame, WelcomeFrame } from './frames.ts';
import { mayReconnect } from './may-reconnect.ts';
import { parseServerFrame } from './parse.ts';
import type { OtherFrame } from './parse.ts';
import { createPulse, onWake } from './pulse.ts';
import type { Pulse } from './pulse.ts';
import { createRenewal } from './renewal.ts';
import { openSocket } from './socket.ts';
import type { Socket } from './socket.ts';
import { createView } from './view.ts';
import type { SharedOptions } from './options.ts';
import { platformWebSocket } from './websocket.ts';
import type { WebSocketConstructor } from './websocket.ts';

/** From the first byte to `welcome`, milliseconds. */
const connectMs = 10_000;
/** A connection that was live for so long was a good one: the back-off begins anew. Milliseconds. */
const settledMs = 5_000;
/** A close that no peer announced, as in RFC 6455. */
const abnormal = 1006;

/** A frame of a socket that is welcome. */
export type NextFrame = Exclude<ServerFrame, WelcomeFrame> | OtherFrame;

export interface LinkDeps {
  readonly options: Pick<SharedOptions, 'WebSocket' | 'username' | 'device'>;
  readonly socketUrl: string;
  readonly auth: Auth;
  readonly random: () => number;
  readonly events: { readonly emit: Emit<ClientEvents> };
  /** Gets the place to go on from, before the socket opens. The signal ends with the connection. */
  readonly sync: { prepare(signal: AbortSignal): Promise<string | undefined> };
  welcome(frame: WelcomeFrame): void;
  received(frame: NextFrame): void;
  /** A connection that was welcome is gone. */
  down(): void;
  /** `disconnect` was called, and `connect` not again. */
  idle(): void;
}

/** The state machine of connections. Each has a generation; what an older one still tells is not listened to. */
export class Link {
  readonly view = createView<ConnectionState>(() => this.#state);
  readonly #deps: LinkDeps;
  readonly #WebSocket: WebSocketConstructor;
  readonly #renewal;
  #state: ConnectionState = { state: 'idle' };
  #wanted = false;
  #generation = 0;
  #attempt = 0;
  #liveAt = Infinity;
  /** A fresh token was refused already. */
  #refused = false;
  #welcomed = false;
  #cursor: string | undefined;
  #socket: Socket | undefined;
  #pulse: Pulse | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #life = new AbortController();
  #offWake: (() => void) | undefined;

  constructor(deps: LinkDeps) {
    const { WebSocket = platformWebSocket() } = deps.options;
    if (WebSocket === undefined) throw new TypeError('options.WebSocket is missing');
    this.#deps = deps;
    this.#WebSocket = WebSocket;
    this.#renewal = createRenewal(deps.auth, (fields) => this.#socket?.send({ type: 'hello', ...fields }));
  }

  connect(): void {
    this.#wanted = true;
    this.#offWake ??= onWake(() => this.#wake());
    if (!['idle', 'stopped', 'unauthorized'].includes(this.#state.state)) return;
    this.#attempt = 0;
    this.#refused = false;
    void this.#start();
  }

  disconnect(): void {
    this.#wanted = false;
    // React's StrictMode and the like: `connect` in the same turn takes it back.
    queueMicrotask(() => {
      if (this.#wanted) return;
      this.#drop();
      this.#offWake?.();
      this.#offWake = undefined;
      if (this.#state.state !== 'idle') this.#become({ state: 'idle' });
      this.#deps.idle();
    });
  }

  /** There is another token. */
  renewed(): void {
    this.#refused = false;
    if (this.#welcomed) void this.#renewal.now();
    else if (['connecting', 'unauthorized'].includes(this.#state.state)) void this.#start();
  }

  /** Everything missed is applied. */
  caughtUp(): void {
    if (this.#state.state !== 'syncing') return;
    this.#liveAt = Date.now();
    this.#become({ state: 'live' });
  }

  /** False where nobody is there to take it. */
  send(frame: ClientFrame): boolean {
    if (this.#welcomed) this.#socket?.send(frame);
    return this.#welcomed;
  }

  #become(next: ConnectionState): void {
    this.#state = next;
    this.view.changed();
  }

  /** Ends whatever there is of a connection. */
  #drop(): void {
    const wasUp = this.#welcomed;
    this.#generation += 1;
    this.#welcomed = false;
    clearTimeout(this.#timer);
    this.#life.abort();
    this.#renewal.stop();
    this.#pulse?.stop();
    this.#socket?.close();
    this.#socket = this.#pulse = undefined;
    if (Date.now() - this.#liveAt > settledMs) {
      this.#attempt = 0;
      this.#refused = false;
    }
    this.#liveAt = Infinity;
    if (wasUp) this.#deps.down();
  }

  async #start(refresh = false): Promise<void> {
    this.#drop();
    const generation = this.#generation;
    const { auth, sync } = this.#deps;
    this.#life = new AbortController();
    this.#become({ state: 'connecting' });
    try {
      await auth.ask(refresh);
      if (generation !== this.#generation) return;
      this.#cursor = await sync.prepare(this.#life.signal);
      if (generation === this.#generation) this.#open();
    } catch (error) {
      if (generation === this.#generation) this.#lost(abnormal, asClientError(error));
    }
  }

  #open(): void {
    const late = new ClientError('TIMEOUT', 'no welcome in time', { temporary: true });
    this.#timer = setTimeout(() => this.#lost(abnormal, late), connectMs);
    this.#socket = openSocket(this.#WebSocket, this.#deps.socketUrl, {
      onOpen: () => this.#hello(),
      onData: (data) => this.#receive(data),
      onEnd: (code, reason) => {
        const words = `closed: ${code} ${reason}`.trimEnd();
        this.#lost(code, new ClientError('DISCONNECTED', words, { temporary: true }));
      },
    });
  }

  #hello(): void {
    const { auth, options } = this.#deps;
    const { username, device } = options;
    // What is undefined is left out by JSON.
    this.#socket?.send({ type: 'hello', ...auth.hello(), username, device, cursor: this.#cursor });
  }

  #receive(data: unknown): void {
    this.#pulse?.heard();
    let frame: ReturnType<typeof parseServerFrame>;
    try {
      frame = parseServerFrame(data);
    } catch (error) {
      this.#deps.events.emit('error', asClientError(error));
      return;
    }
    if (frame?.type === 'welcome') this.#welcome(frame);
    else if (this.#welcomed && frame !== undefined) this.#deps.received(frame);
    else if (frame?.type === 'error') {
      this.#lost(frame.temporary ? abnormal : closeCodes.protocolViolation, ClientError.fromFrame(frame));
    }
  }

  #welcome(frame: WelcomeFrame): void {
    this.#renewal.welcomed(frame.serverTime);
    // Answers a new token: the session just goes on.
    if (this.#welcomed) return;
    this.#welcomed = true;
    clearTimeout(this.#timer);
    this.#pulse = createPulse({
      ping: () => this.#socket?.send({ type: 'ping' }),
      dead: () => void this.#start(),
    });
    this.#become({ state: 'syncing' });
    this.#deps.welcome(frame);
  }

  #lost(code: number, cause: ClientError): void {
    this.#drop();
    if (code === closeCodes.notAuthenticated || cause.code === 'NOT_AUTHENTICATED') this.#unauthorized(cause);
    else if (mayReconnect(code)) this.#wait(cause);
    else this.#become({ state: 'stopped', cause: new ClientError('CLOSED', cause.message, { cause }) });
  }

  #unauthorized(cause: ClientError): void {
    const again = this.#deps.auth.renewable && !this.#refused;
    this.#refused = true;
    if (again) void this.#start(true);
    else this.#become({ state: 'unauthorized', cause });
  }

  #wait(cause: ClientError): void {
    const ms = backoff(this.#attempt++, this.#deps.random);
    this.#timer = setTimeout(() => void this.#start(), ms);
    this.#become({ state: 'waiting', until: Date.now() + ms, cause });
  }

  #wake(): void {
    if (this.#state.state === 'waiting') void this.#start();
    else this.#pulse?.check();
  }
}
