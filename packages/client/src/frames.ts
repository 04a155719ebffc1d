/* Made from src/protocol by `npm run docs`. Not written by hand: a check holds it to the schemas. */
/* eslint max-lines: "off" */

/** A user as messages name it. */
export interface UserRef {
  readonly id: string;
  readonly username: string;
}

/** A chat message as every reader sees it. */
export interface Message {
  /** Message id; opaque, never reused. */
  readonly id: string;
  /** The client message id, chosen by the sender. */
  readonly clientId: string;
  /** Conversation id. */
  readonly conversation: string;
  /** 1, 2, 3 … per conversation; counts messages only, no gaps. */
  readonly seq: number;
  /** Place of the event in its conversation: 0, 1, 2 …; counts every event, no gaps. */
  readonly revision: number;
  /** The sender, as named when the message was sent. */
  readonly from: UserRef;
  /** The addressee, as named then; null in a group. */
  readonly to: UserRef | null;
  /** The text. */
  readonly msg: string;
  /** 1 unread, 2 read by the addressee; in a group: by the reader. */
  readonly status: 1 | 2;
  /** Epoch milliseconds. */
  readonly sendDate: number;
  /** Epoch milliseconds; null while unread. */
  readonly readDate: number | null;
}

/** Who is there. The first frame, within 10 s. Answer: `welcome` or `error`. */
export interface HelloFrame {
  readonly type: 'hello';
  /** User id; auth mode none. */
  readonly user?: string;
  /** A JWT; auth mode jwt. */
  readonly token?: string;
  /** Name to register an unknown user with; auth mode none. Default: the user id. */
  readonly username?: string;
  /** Any name of the device; not used in this version. */
  readonly device?: string;
  /** The last cursor seen, or any Weiliao-Position: what was missed since then follows. */
  readonly cursor?: string;
}

/** A message, to a user or into a conversation. Send it again, with the same id, until it is answered. Answer: `ack` once it is durable, or `error`. */
export interface SendFrame {
  readonly type: 'send';
  /** Client message id: unique per sender for ever, a UUIDv7 by habit. */
  readonly id: string;
  /** Addressee; or else conversation. */
  readonly to?: string;
  /** Conversation id. */
  readonly conversation?: string;
  /** The text: 1 to 8,192 bytes of UTF-8. */
  readonly msg: string;
}

/** Everything up to `seq` is read. A lower one than before changes nothing. Answer: `ack` once it is durable, or `error`. */
export interface ReadFrame {
  readonly type: 'read';
  /** Conversation id. */
  readonly conversation: string;
  /** Everything up to this seq is read. */
  readonly seq: number;
  /** Echoed in the answer. */
  readonly id?: string;
}

/** Passed on to the other members, never stored. Said again each 4 s while the user types. Answer: none. */
export interface TypingFrame {
  readonly type: 'typing';
  /** Conversation id. */
  readonly conversation: string;
  /** True while the user types. */
  readonly on: boolean;
}

/** Asks for a sign of life. Answer: `pong`. */
export interface PingFrame {
  readonly type: 'ping';
}

/** What a client may send. */
export type ClientFrame = HelloFrame | SendFrame | ReadFrame | TypingFrame | PingFrame;

/** Answers `hello`. */
export interface WelcomeFrame {
  readonly type: 'welcome';
  /** Names this connection in the server’s log. */
  readonly session: string;
  /** User id. */
  readonly user: string;
  /** What follows begins after this place. */
  readonly cursor: string;
  /** True only if everything since the cursor given in hello follows. */
  readonly recovered: boolean;
  /** Epoch milliseconds. */
  readonly serverTime: number;
}

/** The message of a `send` is durable. */
export interface SendAckFrame {
  readonly type: 'ack';
  /** The id of the frame that is answered. */
  readonly id: string;
  /** Message id. */
  readonly message: string;
  /** Conversation id. */
  readonly conversation: string;
  /** 1, 2, 3 … per conversation; counts messages only, no gaps. */
  readonly seq: number;
  /** Place of the event in its conversation: 0, 1, 2 …; counts every event, no gaps. */
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly sendDate: number;
  /** True where this was stored before: every value is then the first one’s. */
  readonly duplicate: boolean;
}

/** The mark of a `read` is durable. */
export interface ReadAckFrame {
  readonly type: 'ack';
  /** The id of the frame that is answered. */
  readonly id?: string;
  /** Conversation id. */
  readonly conversation: string;
  /** How far the reader has read now. */
  readonly seq: number;
}

/** A frame was refused. */
export interface ErrorFrame {
  readonly type: 'error';
  /** The id of the frame that is answered. */
  readonly id?: string;
  /** What kind of refusal. */
  readonly code: ErrorCode | (string & {});
  /** What is wrong, in words. */
  readonly message: string;
  /** True: the very same frame may succeed later. */
  readonly temporary: boolean;
}

/** Answers `ping`. */
export interface PongFrame {
  readonly type: 'pong';
  /** Epoch milliseconds. */
  readonly serverTime: number;
}

/** Everything that was missed has been sent: what follows is live. After every `welcome`. */
export interface LiveFrame {
  readonly type: 'live';
  /** Everything up to here was sent. */
  readonly cursor: string;
}

/** Conversations in which too much was missed to be replayed. Before `live`; all others are replayed. */
export interface ResetFrame {
  readonly type: 'reset';
  /** Fetch the newest page of each over REST. */
  readonly conversations: readonly string[];
}

/** Somebody types, or has stopped. Never stored, never replayed. */
export interface TypingEventFrame {
  readonly type: 'typing';
  /** Conversation id. */
  readonly conversation: string;
  /** User id. */
  readonly user: string;
  /** False, or nothing for 8 s: the user has stopped. */
  readonly on: boolean;
}

/** Who is there of those who share a conversation with the user: all once after each `welcome`, then changes. */
export interface PresenceFrame {
  readonly type: 'presence';
  readonly users: readonly { readonly user: string; readonly online: boolean; readonly lastSeen: number | null }[];
}

/** A message of one of the user’s conversations. */
export interface MessageFrame extends Message {
  readonly type: 'message';
  /** Opaque: everything up to here was sent. The last one seen goes into the next hello. */
  readonly cursor: string;
}

/** Somebody has read everything up to `seq`. */
export interface ReadEventFrame {
  readonly type: 'read';
  /** Conversation id. */
  readonly conversation: string;
  /** User id. */
  readonly reader: string;
  /** Everything up to this seq is read. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly readDate: number;
  /** Place of the event in its conversation: 0, 1, 2 …; counts every event, no gaps. */
  readonly revision: number;
  /** Opaque: everything up to here was sent. The last one seen goes into the next hello. */
  readonly cursor: string;
}

export type AckFrame = SendAckFrame | ReadAckFrame;

/** What a server sends. A newer one may send more: frames of other types are left aside. */
export type ServerFrame =
  | WelcomeFrame
  | SendAckFrame
  | ReadAckFrame
  | ErrorFrame
  | PongFrame
  | LiveFrame
  | ResetFrame
  | TypingEventFrame
  | PresenceFrame
  | MessageFrame
  | ReadEventFrame;

/** What a refusal may say. A newer server may know other codes. */
export type ErrorCode =
  /** Not JSON, an unknown type, a field missing, of the wrong kind or too long: the message names the field. Over REST: any bad path, query, header or body. A body over 64 KiB has status 413, one that is not JSON 415. */
  | 'BAD_FRAME'
  /** No user named, a bad token, or another frame before `hello`. */
  | 'NOT_AUTHENTICATED'
  /** Not this user’s to do: registering or changing somebody else; or an `Origin` or `Host` that may not call. */
  | 'FORBIDDEN'
  /** REST: no such address. */
  | 'NOT_FOUND'
  /** The addressee, or the sender, never registered. */
  | 'USER_NOT_FOUND'
  /** Unknown, no conversation id at all, or the user has no part in it: nobody can tell which. */
  | 'CONVERSATION_NOT_FOUND'
  /** REST: the id belongs to a user with another name or avatar. */
  | 'USER_EXISTS'
  /** This client message id was used before with another `msg` or addressee. */
  | 'IDEMPOTENCY_CONFLICT'
  /** The addressee has blocked the sender, or the sender the addressee. */
  | 'BLOCKED'
  /** A seq beyond the last one. */
  | 'SEQ_OUT_OF_RANGE'
  /** An event of this conversation, or of a user in it, cannot be read here or was taken out of the log: an operator must look. Others go on. */
  | 'CONVERSATION_DAMAGED'
  /** More a second than a limit allows: commands of a kind by a user (`RATE_LIMIT`, repeated sends count too), sockets of an address (`HELLO_RATE`) or a user, look-ups of what is not there (`LOOKUP_RATE`). The message and `Retry-After` say when to come back. */
  | 'RATE_LIMITED'
  /** More commands in flight than `MAX_IN_FLIGHT` or `MAX_IN_FLIGHT_PER_USER`, more requests or unsent answers than `MAX_QUERIES` and `MAX_ANSWER_BYTES`, or too much sent before `welcome`. */
  | 'OVERLOADED'
  /** No answer from the log within `COMMAND_TIMEOUT_MS`, or it cannot be written: the outcome is unknown, send the same id again; or the key set at `JWKS_URL` is out of reach: the message says which. */
  | 'STORE_UNAVAILABLE'
  /** REST: what was asked for is not in the read model yet, or the read model does not answer. */
  | 'READ_MODEL_BEHIND'
  /** A fault of the server, written to its log. */
  | 'INTERNAL';

/** Why a server closes a socket. */
export const closeCodes = {
  /** The server is draining; reconnect, after a random delay. */
  draining: 4000,
  /** No `hello` in time; reconnect. */
  noHello: 4001,
  /** Reads too slowly: more than `MAX_BUFFERED_BYTES` unsent, or nothing of a replay taken for 30 s; reconnect with its cursor. */
  tooSlow: 4008,
  /** The gateway lost the feed of the log; reconnect with its cursor. */
  feedLost: 4009,
  /** A frame that is too long, a binary frame, or one bad frame too many; stop: it is a bug. */
  protocolViolation: 4500,
  /** Not authenticated; stop, get a new token. */
  notAuthenticated: 4501,
} as const;

/** From here to 4999: do not come back. */
export const firstFinalCode = 4500;

/** Longest text of a message, in bytes of UTF-8. */
export const maxMessageBytes = 8192;
