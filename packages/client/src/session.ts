import type { BackoffOptions } from './backoff.ts';
import type { ClientError } from './errors.ts';
import type { PongFrame, SendAckFrame, ServerFrame, WelcomeFrame } from './frames.ts';
import type { WebSocketConstructor } from './websocket.ts';

/** Who connects. In auth mode jwt a function can hand out a fresh token at each reconnect. */
export type Identity =
  | { readonly user: string; readonly token?: never }
  | { readonly token: string | (() => string | Promise<string>); readonly user?: never };

export interface SessionOptions {
  /** `ws://host:9093/v1/ws`, or `wss:`. */
  readonly url: string;
  /** Name to register an unknown user with (auth mode none); default: the user id. */
  readonly username?: string;
  readonly device?: string;
  /** `session.cursor` of an earlier session of this user. A server that is able to replay brings what was missed first. */
  readonly cursor?: string;
  /** Default: the platform's (every browser, Node 22 and later). */
  readonly WebSocket?: WebSocketConstructor;
  /** Makes client message ids. Default: UUIDv7. */
  readonly newId?: () => string;
  /** Delays between reconnects and before a frame that met a temporary error is sent again. */
  readonly backoff?: BackoffOptions;
  /** How often a frame is sent again after a temporary error. Default 8. */
  readonly retries?: number;
  /** Frames without an answer on the wire at once. Default 256. */
  readonly window?: number;
  /** Frames without an answer in all; beyond it `send` rejects with `QUEUE_FULL`. Default 10,000. */
  readonly capacity?: number;
  /** A silent connection is pinged after this, and given up after as long again. Milliseconds, default 25,000. */
  readonly heartbeatMs?: number;
}

export type ConnectOptions = SessionOptions & Identity;

/** A message to send: to a user, or into a conversation. `id` only to repeat an earlier send, e.g. of an earlier page. */
export type OutgoingMessage = { readonly msg: string; readonly id?: string } & (
  { readonly to: string; readonly conversation?: never } | { readonly conversation: string; readonly to?: never }
);

export interface CloseEvent {
  /** WebSocket close code; 1006 where the connection broke. */
  readonly code: number;
  readonly reason: string;
  /** Milliseconds until the next try; undefined where the session is over. */
  readonly retryInMs: number | undefined;
}

/** What happened in one of the user's conversations. */
export type EventFrame = Extract<ServerFrame, { readonly revision: number; readonly cursor: string }>;

type ConversationEvents = { readonly [Frame in EventFrame as Frame['type']]: Frame };

/**
 * What a session tells, by event name: frames of events under their type, and the below. Attach listeners in the same
 * turn as `connect`, and nothing is missed.
 */
export interface SessionEvents extends ConversationEvents {
  /** Connected, for the first time or again. Not `recovered`: reload what is shown over REST. */
  readonly open: WelcomeFrame;
  readonly close: CloseEvent;
  /** What belongs to no call: a refusal without id, a frame of the server that is none. */
  readonly error: ClientError;
}

/** `closed` is for good. */
export type SessionState = 'connecting' | 'open' | 'waiting' | 'closed';

/**
 * A user's place at the server, across as many connections as it takes. Delivers each event of the user's conversations
 * once and in revision order; sends each frame until it is answered.
 */
export interface Session {
  readonly state: SessionState;
  /** The place after the last event delivered; keep it to go on from here in a later session. */
  readonly cursor: string | undefined;
  /** The first `welcome`. Rejects where the session ends before it. */
  readonly ready: Promise<WelcomeFrame>;
  /**
   * Resolves once the message is durable, however many connections that takes; sends made earlier go out earlier.
   * Rejects with `ClientError`: a refusal, a temporary error that outlasted all retries, `QUEUE_FULL`, `CLOSED`.
   */
  send(message: OutgoingMessage): Promise<SendAckFrame>;
  /** Marks everything up to `seq` as read. Resolves and rejects as `send` does. */
  markRead(conversation: string, seq: number): Promise<void>;
  /** Tells the server, if there is a connection; it does not pass it on in this version. */
  typing(conversation: string, on: boolean): void;
  /** Rejects with `DISCONNECTED` where there is no connection, or it is lost meanwhile. */
  ping(): Promise<PongFrame>;
  /** Returns the function that takes the listener off again. */
  on<K extends keyof SessionEvents>(event: K, listener: (payload: SessionEvents[K]) => void): () => void;
  /** Ends the session; what has no answer yet is rejected with `CLOSED`. Safe to call twice. */
  close(): void;
}
