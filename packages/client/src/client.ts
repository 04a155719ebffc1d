/// <reference lib="esnext.disposable" preserve="true" />
import type { ListenOptions } from './emitter.ts';
import type { ClientError } from './errors.ts';
import type { Message, TokenFunction, User } from './options.ts';
import type { View } from './view.ts';

/** Where the connection is. `syncing`: the server has let the user in, and what was missed is on its way. */
export type ConnectionState =
  | { readonly state: 'idle' | 'connecting' | 'syncing' | 'live' }
  /** The next try is at `until`, epoch milliseconds. `cause`: why the last one ended. */
  | { readonly state: 'waiting'; readonly until: number; readonly cause: ClientError }
  /** No token that the server takes: `setToken` goes on. What waits to be sent is kept. */
  | { readonly state: 'unauthorized'; readonly cause: ClientError }
  /** The server does not want this client; `connect` tries again. */
  | { readonly state: 'stopped'; readonly cause: ClientError };

/** A line of the friend list. */
export interface Conversation {
  /** Conversation id. */
  readonly id: string;
  /** The other side; null in a group. */
  readonly peer: User | null;
  readonly lastMessage: Message | null;
  /** Seq of the newest message; 0: none. */
  readonly lastSeq: number;
  /** Everything up to this event is in here. -1: nothing. */
  readonly revision: number;
  /** Everything up to here is read by this user. */
  readonly readSeq: number;
  /** Everything up to here is read or answered by this user: the first unread message is the next one. */
  readonly seenSeq: number;
  /** Everything up to here is read by the other side. */
  readonly peerReadSeq: number;
  /** Messages above `seenSeq`. */
  readonly unread: number;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** True: something was missed here and is being fetched. */
  readonly stale: boolean;
}

/** A message that has no place in its conversation yet. */
export interface PendingMessage {
  /** Client message id. With the sender it is the identity of the message for ever, also once it is sent. */
  readonly clientId: string;
  /** Undefined only where the user is not known yet: auth mode jwt, before the first connection. */
  readonly conversation: string | undefined;
  readonly msg: string;
  /** When it was written, epoch milliseconds. */
  readonly sendDate: number;
  /** `failed`: refused for good; `retry` or `discard` it. With an `error`, `queued` means: it is tried again. */
  readonly state: 'queued' | 'sending' | 'failed';
  readonly error: ClientError | undefined;
  /** True once the storage holds it: it survives a reload. */
  readonly kept: boolean;
}

/** A conversation as one looks at it. */
export interface ConversationSnapshot {
  /** Undefined until the friend list has it, or a message came. */
  readonly conversation: Conversation | undefined;
  /** Those that are held, by seq. Where seqs jump there are more on the server: `load` them. */
  readonly messages: readonly Message[];
  /** Own messages without a place yet, in their order. */
  readonly pending: readonly PendingMessage[];
  /** Ids of those who type. */
  readonly typing: readonly string[];
}

/** Which messages. None of both: the newest. */
export interface PageOptions {
  /** Those below this seq, newest first. */
  readonly before?: number;
  /** Those above this seq, oldest first. */
  readonly after?: number;
  /** Messages a page, 1 to 200. Default 50. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ConversationView extends View<ConversationSnapshot> {
  readonly id: string;
  /** As `client.send`. */
  readonly send: (msg: string) => Promise<Message>;
  /** As `client.markRead`. */
  readonly markRead: (seq: number) => void;
  /** `true` is repeated to the others every 4 s until `false`, a message, or the end of the connection. */
  readonly typing: (on: boolean) => void;
  /** One page, in the order asked for; the view holds it too. Rejects with `ClientError`. */
  readonly load: (options?: PageOptions) => Promise<readonly Message[]>;
  /** Page after page, until there is no more, `return()` or the signal, which end a `next` that waits too. */
  readonly history: (options?: PageOptions) => AsyncIterableIterator<readonly Message[]>;
}

/** To a user, or into a conversation. `id` only to repeat an earlier send. */
export type OutgoingMessage = { readonly msg: string; readonly id?: string } & (
  | { readonly to: string; readonly conversation?: undefined }
  | { readonly conversation: string; readonly to?: undefined }
);

export interface Presence {
  readonly user: string;
  readonly online: boolean;
  /** Epoch milliseconds; null: never. */
  readonly lastSeen: number | null;
}

/** Told once the views hold it. */
export interface ClientEvents {
  /** A message of one of the user's conversations, the user's own too: each once, in the order of its conversation. */
  readonly message: Message;
  readonly read: {
    readonly conversation: string;
    readonly reader: string;
    readonly seq: number;
    readonly readDate: number;
  };
  /** Too much was missed: messages above `after` and below `before` were not told; `load` or `history` has them. */
  readonly hole: { readonly conversation: string; readonly after: number; readonly before: number };
  /** What belongs to no call: a refusal without id, a frame of the server that is none. */
  readonly error: ClientError;
}

/** Counts since the client was made. */
export interface ClientStats {
  /** Times that a revision was missing between two frames; each was fetched. A server that keeps its word leaves it 0. */
  readonly gaps: number;
  /** Sockets that were welcome. */
  readonly connections: number;
}

/**
 * A user's place at the server, across as many connections as it takes. Does nothing until `connect`. Views hold what is
 * known; sends go out until they are answered.
 */
export interface Client {
  /** Safe to call at any time, in any order with `disconnect`. */
  readonly connect: () => void;
  /** Ends the connection after this turn, if `connect` is not called in it. What waits to be sent goes on waiting. */
  readonly disconnect: () => void;
  /** Another token, after `unauthorized` or at any time. */
  readonly setToken: (token: string | TokenFunction) => void;

  readonly connection: View<ConnectionState>;
  /** The friend list, newest activity first. */
  readonly conversations: View<readonly Conversation[]>;
  /** Own messages of all conversations that have no place yet, in their order. */
  readonly pending: View<readonly PendingMessage[]>;
  /** By user id; who is not in it is unknown: all are while not `live`. */
  readonly presence: View<ReadonlyMap<string, Presence>>;
  /** `durable` false: what waits to be sent does not survive a reload. */
  readonly storage: View<{ readonly durable: boolean }>;
  /** The user id; undefined in auth mode jwt until the first connection. */
  readonly user: string | undefined;
  readonly stats: ClientStats;

  /** The same view each time. It holds messages from the first call on. */
  readonly conversation: (id: string) => ConversationView;
  /** The next page of the friend list. Resolves with false where there is no more. Rejects with `ClientError`. */
  readonly moreConversations: () => Promise<boolean>;
  /**
   * Resolves once the message is durable, however many connections that takes. Rejects with `ClientError` where it is
   * refused for good, or discarded; a temporary error never ends it.
   */
  readonly send: (message: OutgoingMessage) => Promise<Message>;
  /** Sends a failed message again, with the same id. */
  readonly retry: (clientId: string) => void;
  /** Takes a message back. One that is on its way may have been stored all the same. */
  readonly discard: (clientId: string) => void;
  /** Everything up to `seq` is read. Sent until it is answered, only the greatest of each conversation. */
  readonly markRead: (conversation: string, seq: number) => void;

  /** Returns the function that takes the listener off again. */
  readonly on: <K extends keyof ClientEvents>(
    event: K,
    listener: (payload: ClientEvents[K]) => void,
    options?: ListenOptions,
  ) => () => void;
  /** `disconnect`. */
  readonly [Symbol.dispose]: () => void;
}
