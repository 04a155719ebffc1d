/**
 * What is read: documents that projections derive from the log and that may be thrown away and rebuilt at any time.
 * Written for MongoDB first; the embedded read model gives the same guarantees. test/contract/read-model.ts holds
 * every adapter to them.
 */

export interface UserDocument {
  readonly _id: string;
  readonly username: string;
  readonly avatar: string | null;
  readonly position: number;
}

export interface UserRefDocument {
  readonly id: string;
  readonly username: string;
}

/** 1 unread, 2 read by the addressee: the original system's numbers. */
export type MessageStatus = 1 | 2;

export interface MessageDocument {
  /** Message id, `<conversation>:<seq>`. */
  readonly _id: string;
  readonly client_id: string;
  readonly conversation: string;
  readonly seq: number;
  readonly revision: number;
  readonly position: number;
  readonly from: UserRefDocument;
  /** The addressee; null in a group. */
  readonly to: UserRefDocument | null;
  readonly msg: string;
  readonly status: MessageStatus;
  /** Epoch milliseconds. */
  readonly send_date: number;
  /** Epoch milliseconds; null while unread. */
  readonly read_date: number | null;
}

export interface MemberDocument {
  readonly id: string;
  readonly username: string;
  /** Everything up to here is read by this member, 0: nothing. */
  readonly read_seq: number;
  readonly read_date: number | null;
  /** Seq of the member's own newest message, 0: none. */
  readonly own_seq: number;
}

/** The newest message of a conversation, with all that a list of conversations shows of it. */
export interface LastMessageDocument {
  readonly seq: number;
  readonly client_id: string;
  readonly revision: number;
  /** Id of the sender. */
  readonly from: string;
  readonly msg: string;
  readonly send_date: number;
}

export interface ConversationDocument {
  readonly _id: string;
  /** In ascending order of id. */
  readonly members: readonly MemberDocument[];
  readonly last_seq: number;
  /** Revision of the newest event applied. */
  readonly revision: number;
  readonly last_message: LastMessageDocument;
  /** Moves with messages: send_date of the newest. Orders the friend list. */
  readonly updated_at: number;
  /** Moves with every event, reads too. Serves resume. */
  readonly last_position: number;
}

/** Messages addressed to `reader` with `after < seq <= upTo` that are unread become read at `read_date`. */
export interface ReadRange {
  readonly conversation: string;
  readonly reader: string;
  readonly after: number;
  readonly up_to: number;
  readonly read_date: number;
}

/** What a batch of events changes in one conversation document, folded. All of it only grows. */
export interface ConversationChange {
  readonly _id: string;
  /** Revision and position of the newest event folded in. A document already at this revision stays as it is. */
  readonly revision: number;
  readonly last_position: number;
  /** The newest message of the batch, with its date for `updated_at`; undefined where the batch only read. */
  readonly last_message: LastMessageDocument | undefined;
  /**
   * Members that the batch touched, each value the greatest of the batch (0 / null: not touched). `username` is
   * undefined where the batch did not say it. A member not in the document yet is added.
   */
  readonly members: readonly MemberChange[];
}

export interface MemberChange {
  readonly id: string;
  readonly username: string | undefined;
  readonly read_seq: number;
  readonly read_date: number | null;
  readonly own_seq: number;
  /** Client message id, in code-unit order; null where the batch has no message of this member. */
  readonly greatest_client_id: string | null;
}

/** One batch of events, folded into the fewest writes: at most one a document. */
export interface ReadModelBatch {
  readonly users: readonly UserDocument[];
  /**
   * New messages, in position order. One that is there already stays as it is, but becomes read where the batch has it
   * read and it is still unread: it was then stored by a part of this batch.
   */
  readonly messages: readonly MessageDocument[];
  /** Reads of messages of earlier batches, in position order, applied after `messages`. */
  readonly reads: readonly ReadRange[];
  readonly conversations: readonly ConversationChange[];
}

/** The stretch of the log that a batch was folded from. */
export interface AppliedSpan {
  /** Exclusive: the checkpoint that the batch follows. */
  readonly after: number;
  /** Inclusive: position of its last event, the checkpoint from then on. */
  readonly position: number;
}

export interface MessagesQuery {
  readonly conversation: string;
  /** Exclusive bound: newest first below `before`, or oldest first above `after`. Neither: newest first. */
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
}

export interface ConversationsQuery {
  readonly user: string;
  /** Place in the order (updated_at, _id) descending, exclusive: the last document of the page before. */
  readonly before?: { readonly updated_at: number; readonly _id: string };
  readonly limit: number;
}

/** Reads. Every method throws `ReadModelUnavailableError` where the store gives no answer. */
export interface ReadModelQueries {
  /** Position of the last event applied, 0 in an empty read model. */
  checkpoint(): Promise<number>;
  user(id: string): Promise<UserDocument | undefined>;
  /** Those of the given users that there are, each once, in any order. */
  usersById(ids: readonly string[]): Promise<readonly UserDocument[]>;
  /** Every user, ordered by id as text. */
  users(): Promise<readonly UserDocument[]>;
  conversation(id: string): Promise<ConversationDocument | undefined>;
  /** The user's conversations, newest activity first: (updated_at, _id) descending. */
  conversations(query: ConversationsQuery): Promise<readonly ConversationDocument[]>;
  /** The user's conversations with `last_position > position`, oldest change first, at most `limit`. */
  conversationsChangedSince(user: string, position: number, limit: number): Promise<readonly ConversationDocument[]>;
  message(id: string): Promise<MessageDocument | undefined>;
  /** By seq: the deepest page costs what the newest does. */
  messages(query: MessagesQuery): Promise<readonly MessageDocument[]>;
  /** The sender's message with this client message id; where there are several, the first in log order. */
  messageByClientId(sender: string, clientId: string): Promise<MessageDocument | undefined>;
  /** The greatest client message id of a sender in code-unit order; undefined where it has sent nothing. */
  greatestClientId(sender: string): Promise<string | undefined>;
}

/** Every document of a kind in a fixed order, for `rebuild` and `verify`: _id for users and conversations, (conversation, seq) for messages. */
export interface ReadModelScan {
  scanUsers(): AsyncIterable<readonly UserDocument[]>;
  scanConversations(): AsyncIterable<readonly ConversationDocument[]>;
  scanMessages(): AsyncIterable<readonly MessageDocument[]>;
}

export interface ReadModel extends ReadModelQueries, ReadModelScan {
  /**
   * Applies what the log says between two positions, and then moves the checkpoint to `position`. Applying the same or
   * an older batch again changes nothing.
   *
   * Throws `ReadModelUnavailableError`: nothing or a part was applied and the checkpoint has not moved, apply the same
   * again. Throws `ReadModelMovedError` where the checkpoint is before `after`: nothing was applied.
   */
  apply(batch: ReadModelBatch, span: AppliedSpan): Promise<void>;
  close(): Promise<void>;
}

/** The read model did not answer, or answered that it cannot now. The same may succeed later. */
export class ReadModelUnavailableError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ReadModelUnavailableError';
  }
}

/** Another projector holds the share: the same succeeds once that one has ended. The message names it. */
export class ShareHeldError extends ReadModelUnavailableError {
  constructor(message: string) {
    super(message);
    this.name = 'ShareHeldError';
  }
}

/**
 * The read model has not reached the position that the batch follows: another generation was put in use since. Nothing
 * was applied. Read `checkpoint()` and go on after it.
 */
export class ReadModelMovedError extends Error {
  constructor(after: number, checkpoint: number) {
    super(`the read model is at position ${checkpoint}, before ${after} which the batch follows`);
    this.name = 'ReadModelMovedError';
  }
}
