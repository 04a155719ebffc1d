/**
 * The frames of `GET /v1/ws`, one JSON object per text frame. Types only: the server, the client and the load generator
 * share them, and a browser can import them.
 */

/** A user as messages name it. */
export interface UserRef {
  readonly id: string;
  readonly username: string;
}

/** A chat message as every reader sees it. */
export interface Message {
  /** `<conversation>:<seq>`; opaque, never reused. */
  readonly id: string;
  /** Client message id: chosen by the sender, unique per sender for ever. */
  readonly clientId: string;
  readonly conversation: string;
  /** 1, 2, 3 … per conversation; counts messages only, no gaps. */
  readonly seq: number;
  /** 0-based place of its event in the conversation; counts every event, no gaps. */
  readonly revision: number;
  readonly from: UserRef;
  /** Null in a group. */
  readonly to: UserRef | null;
  readonly msg: string;
  /** 1 unread, 2 read by the addressee; in a group by the reader of this frame. */
  readonly status: 1 | 2;
  /** Epoch milliseconds. */
  readonly sendDate: number;
  /** Epoch milliseconds, null until read. */
  readonly readDate: number | null;
}

/** First frame of a client, within 10 s. `user` in auth mode none, `token` (a JWT) otherwise. */
export interface HelloFrame {
  readonly type: 'hello';
  readonly user?: string;
  readonly token?: string;
  /** Name to register an unknown user with (auth mode none); default: the user id. */
  readonly username?: string;
  readonly device?: string;
  /** Of the last frame seen: what was missed since then follows the `welcome`. */
  readonly cursor?: string;
}

/** Answered by `ack` once durable, or by `error`. The same frame may be sent again at any time, on any gateway. */
export interface SendFrame {
  readonly type: 'send';
  /** Client message id, `[A-Za-z0-9._:-]{1,64}`. */
  readonly id: string;
  /** Addressee's user id; or else `conversation`. */
  readonly to?: string;
  readonly conversation?: string;
  /** 1 to 8,192 UTF-8 bytes. */
  readonly msg: string;
}

/** Everything up to `seq` is read. Answered by `ack` or `error`. */
export interface ReadFrame {
  readonly type: 'read';
  readonly id?: string;
  readonly conversation: string;
  readonly seq: number;
}

/** Not answered, not stored. */
export interface TypingFrame {
  readonly type: 'typing';
  readonly conversation: string;
  readonly on: boolean;
}

export interface PingFrame {
  readonly type: 'ping';
}

export type ClientFrame = HelloFrame | SendFrame | ReadFrame | TypingFrame | PingFrame;

/** Answers `hello`. */
export interface WelcomeFrame {
  readonly type: 'welcome';
  readonly session: string;
  readonly user: string;
  readonly cursor: string;
  /** True only if everything since the cursor given in `hello` follows. */
  readonly recovered: boolean;
  /** Epoch milliseconds. */
  readonly serverTime: number;
}

/** The message of a `send` frame is durable. */
export interface SendAckFrame {
  readonly type: 'ack';
  /** The frame's id. */
  readonly id: string;
  /** Message id. */
  readonly message: string;
  readonly conversation: string;
  readonly seq: number;
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly sendDate: number;
  /** True where this was already stored: every value is then the first one's. */
  readonly duplicate: boolean;
}

/** The watermark of a `read` frame is durable. */
export interface ReadAckFrame {
  readonly type: 'ack';
  readonly id?: string;
}

export type AckFrame = SendAckFrame | ReadAckFrame;

/** Codes of an `error` frame. */
export type FrameErrorCode =
  | 'BAD_FRAME'
  | 'NOT_AUTHENTICATED'
  | 'USER_NOT_FOUND'
  | 'CONVERSATION_NOT_FOUND'
  | 'SEQ_OUT_OF_RANGE'
  | 'IDEMPOTENCY_CONFLICT'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'STORE_UNAVAILABLE';

export interface ErrorFrame {
  readonly type: 'error';
  /** Of the frame that was refused, where it could be read. */
  readonly id?: string;
  /** A `FrameErrorCode`; a newer server may know others. */
  readonly code: string;
  /** What is wrong, in words. */
  readonly message: string;
  /** True: the same frame may succeed later. */
  readonly temporary: boolean;
}

/** A message of one of the user's conversations, each once and in revision order. */
export interface MessageFrame extends Message {
  readonly type: 'message';
  readonly cursor: string;
}

/** Somebody read a conversation up to `seq`. */
export interface ReadEventFrame {
  readonly type: 'read';
  readonly conversation: string;
  readonly reader: string;
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly readDate: number;
  readonly revision: number;
  readonly cursor: string;
}

export interface TypingEventFrame {
  readonly type: 'typing';
  readonly conversation: string;
  readonly user: string;
  readonly on: boolean;
}

export interface PresenceFrame {
  readonly type: 'presence';
  readonly user: string;
  readonly online: boolean;
  /** Epoch milliseconds; null where it is not known. */
  readonly lastSeen: number | null;
}

/** More was missed in these conversations than is replayed: fetch their newest page over REST. */
export interface ResetFrame {
  readonly type: 'reset';
  readonly conversations: readonly string[];
}

export interface PongFrame {
  readonly type: 'pong';
  /** Epoch milliseconds. */
  readonly serverTime: number;
}

export type ServerFrame =
  | WelcomeFrame
  | AckFrame
  | ErrorFrame
  | MessageFrame
  | ReadEventFrame
  | TypingEventFrame
  | PresenceFrame
  | ResetFrame
  | PongFrame;

/** Why a server closes a socket. */
export const closeCodes = {
  DRAINING: 4000,
  NO_HELLO: 4001,
  TOO_SLOW: 4008,
  FEED_LOST: 4009,
  PROTOCOL_VIOLATION: 4500,
  NOT_AUTHENTICATED: 4501,
} as const;

/** 4500–4999 mean: do not come back. Everything else, a broken connection included, means: reconnect. */
export function mayReconnect(code: number): boolean {
  return code < 4500 || code > 4999;
}
