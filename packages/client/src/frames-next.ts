/*
 * Frames of the wire contract that src/protocol does not have yet, under the names that `npm run docs` will give them.
 * Once they are in frames.ts this file goes.
 */
import type { ServerFrame as GeneratedFrame } from './frames.ts';

/** Everything up to `cursor` was sent. Follows every `welcome`, after what is replayed. */
export interface LiveFrame {
  readonly type: 'live';
  /** Opaque: everything up to here was sent. The last one seen goes into the next hello. */
  readonly cursor: string;
}

/** These conversations missed too much to replay: their newest page is to be fetched over REST. */
export interface ResetFrame {
  readonly type: 'reset';
  /** Conversation ids. */
  readonly conversations: readonly string[];
}

/** Somebody types, or stopped. */
export interface TypingEventFrame {
  readonly type: 'typing';
  /** Conversation id. */
  readonly conversation: string;
  /** User id. */
  readonly user: string;
  /** True while the user types. */
  readonly on: boolean;
}

/** Who is there: all whom the user may see after a `welcome`, then changes. */
export interface PresenceFrame {
  readonly type: 'presence';
  readonly users: readonly { readonly user: string; readonly online: boolean; readonly lastSeen: number | null }[];
}

export type NextFrame = LiveFrame | ResetFrame | TypingEventFrame | PresenceFrame;

/** Whatever a server sends. */
export type AnyServerFrame = GeneratedFrame | NextFrame;
