/**
 * What is read: documents that projections derive from the log and that may be thrown away and rebuilt at any time.
 * test/contract/read-model.ts holds every adapter to what is said here.
 */
import type {
  ConversationDocument,
  DamageDocument,
  DocumentKind,
  Documents,
  Mark,
  MembershipDocument,
  MessageDocument,
  PatchedField,
  UserDocument,
} from './documents.ts';
import type { Landmark } from '../event-store/log-identity.ts';
import type { Lease } from './lease.ts';

/** What may change of a message after it was sent. */
export type MessagePatchFields = Partial<Pick<MessageDocument, PatchedField>>;

/**
 * Sets fields of messages with `after < seq <= up_to`, of those addressed to `addressee` where it is given. Each message
 * takes it once: where `once`, one of the fields it sets, is still null. Applied again it changes nothing.
 */
export interface MessagePatch {
  readonly conversation: string;
  readonly after: number;
  readonly up_to: number;
  readonly addressee?: string;
  readonly once: Mark;
  readonly set: MessagePatchFields;
}

/** What a batch of events changes in one conversation, folded. All of it only grows. */
export interface ConversationChange {
  readonly _id: string;
  /** Of the newest event folded in. A document already at this revision stays as it is. */
  readonly revision: number;
  readonly last_position: number;
  /** Of the batch's newest message; 0 where it has none, and the document keeps its own. */
  readonly last_seq: number;
  readonly updated_at: number;
}

/**
 * What a batch changes in one membership, folded: each value is the greatest of the batch, 0 or null where it says
 * nothing. A membership that is not there yet is added. All of it only grows, so it may be applied again.
 */
export interface MembershipChange {
  readonly user: string;
  readonly conversation: string;
  /** Only for a membership that is not there yet. */
  readonly joined_seq: number;
  /** `read_date` belongs to `read_seq`: the greater `read_seq` brings its date. */
  readonly read_seq: number;
  readonly read_date: number | null;
  readonly own_seq: number;
  readonly greatest_client_id: string | null;
}

/** One batch of events, folded into the fewest writes: at most one a document. */
export interface ReadModelBatch {
  readonly users: readonly UserDocument[];
  /**
   * New messages, in position order. One that is there already stays as it is, but takes what the batch patched in it
   * where that is still null: it was then stored by a part of this batch.
   */
  readonly messages: readonly MessageDocument[];
  /** To messages of earlier batches, in position order, applied after `messages`. */
  readonly patches: readonly MessagePatch[];
  readonly conversations: readonly ConversationChange[];
  readonly memberships: readonly MembershipChange[];
  /** One at most of a stream. Of what is there the later event stays, and of one event that it was passed over. */
  readonly damages: readonly DamageDocument[];
}

export const emptyBatch: ReadModelBatch = {
  users: [],
  messages: [],
  patches: [],
  conversations: [],
  memberships: [],
  damages: [],
};

/** The stretch of the log that a batch was folded from. */
export interface AppliedSpan {
  /** Exclusive: the checkpoint that the batch follows. */
  readonly after: number;
  /** Inclusive: position of its last event, the checkpoint from then on. */
  readonly position: number;
  /** The event at `position`, by which its log is recognised; none is remembered where it is not said. */
  readonly landmark?: Landmark | undefined;
}

export interface MessagesQuery {
  readonly conversation: string;
  /** Exclusive bound: newest first below `before`, or oldest first above `after`. Neither: newest first. */
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
}

export interface UsersQuery {
  /** Id, exclusive: the last user of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface ConversationsQuery {
  readonly user: string;
  /** Place in the order (updated_at, _id) descending, exclusive: the last conversation of the page before. */
  readonly before?: { readonly updated_at: number; readonly _id: string };
  readonly limit: number;
}

/** A conversation as one of its members has it in the friend list. */
export interface ListedConversation {
  readonly conversation: ConversationDocument;
  readonly membership: Pick<MembershipDocument, 'user' | 'read_seq' | 'read_date' | 'own_seq'>;
  readonly last_message: MessageDocument;
  /** How far the other side of a direct conversation has read; 0: nothing, or a group. */
  readonly peer_read_seq: number;
}

/** Reads. Every method throws `ReadModelUnavailableError` where the store gives no answer. */
export interface ReadModelQueries {
  /** Position of the last event applied, 0 in an empty read model. Takes nothing and keeps nobody waiting. */
  checkpoint(): Promise<number>;
  user(id: string): Promise<UserDocument | undefined>;
  /** Those of the given users that there are, each once, in any order. */
  usersById(ids: readonly string[]): Promise<readonly UserDocument[]>;
  /** Users by id as text, those above `after`, at most `limit`. */
  users(query: UsersQuery): Promise<readonly UserDocument[]>;
  /** Users whose id begins with the text, by id, then those whose name does, by name: each once, at most `limit`. */
  usersStarting(text: string, limit: number): Promise<readonly UserDocument[]>;
  /** Undefined also where it has no message yet. */
  conversation(id: string): Promise<ConversationDocument | undefined>;
  membership(user: string, conversation: string): Promise<MembershipDocument | undefined>;
  /** The user's conversations that have a message, newest activity first: (updated_at, _id) descending. */
  conversations(query: ConversationsQuery): Promise<readonly ListedConversation[]>;
  /** The user's conversations with `last_position > position`, oldest change first, at most `limit`. */
  conversationsChangedSince(user: string, position: number, limit: number): Promise<readonly ConversationDocument[]>;
  message(id: string): Promise<MessageDocument | undefined>;
  /** The newest message of each of these conversations that has one, in any order. */
  newestMessages(conversations: readonly string[]): Promise<readonly MessageDocument[]>;
  /** By seq: the deepest page costs what the newest does. */
  messages(query: MessagesQuery): Promise<readonly MessageDocument[]>;
  /** The sender's message with this client message id; where there are several, the first in log order. */
  messageByClientId(sender: string, clientId: string): Promise<MessageDocument | undefined>;
  /** The greatest client message id of a sender in code-unit order; undefined where it has sent nothing. */
  greatestClientId(sender: string): Promise<string | undefined>;
}

/** A place in a log. */
export interface Checkpoint {
  readonly position: number;
  /** The event there; undefined where nobody said. */
  readonly landmark: Landmark | undefined;
}

/** Where nothing was applied. */
export const nowhere: Checkpoint = { position: 0, landmark: undefined };

/** What stands still. Every method throws `ReadModelUnavailableError` where the store gives no answer. */
export interface DamageQueries {
  /** The newest damage of a stream, passed over or not. */
  damage(stream: string): Promise<DamageDocument | undefined>;
  /** Streams that stand still, by name, at most `limit`. */
  damages(limit: number): Promise<readonly DamageDocument[]>;
}

/**
 * Every document of a kind, a page at a time, in the order of `documentOrder`. A conversation without a message is not
 * shown, its memberships are.
 */
export interface ReadModelScan {
  scan<Kind extends DocumentKind>(kind: Kind): AsyncIterable<readonly Documents[Kind][]>;
}

/** Order of scans: by (conversation, seq) for messages, by `_id` for all others. Below 0: the first comes first. */
export function documentOrder<Kind extends DocumentKind>(
  kind: Kind,
): (one: Documents[Kind], other: Documents[Kind]) => number {
  if (kind === 'message') return byPlace as (one: Documents[Kind], other: Documents[Kind]) => number;
  return byId;
}

/** The order of ids, below 0: the first comes first. */
export function byId(one: { readonly _id: string }, other: { readonly _id: string }): number {
  return compareText(one._id, other._id);
}

function byPlace(one: MessageDocument, other: MessageDocument): number {
  // What is really stored may have no number there: the id then tells.
  return compareText(one.conversation, other.conversation) || one.seq - other.seq || byId(one, other);
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

export interface ReadModel extends ReadModelQueries, DamageQueries, ReadModelScan {
  /**
   * Applies what the log says between two positions, and then moves the checkpoint to `position`. Applying the same or
   * an older batch again changes nothing.
   *
   * Throws `ReadModelUnavailableError`: nothing or a part was applied and the checkpoint has not moved, apply the same
   * again. Throws `ReadModelMovedError` where the checkpoint is before `after`: nothing was applied.
   */
  apply(batch: ReadModelBatch, span: AppliedSpan): Promise<void>;
  /** `checkpoint`, and the event that was applied there. Throws `ReadModelUnavailableError`. */
  place(): Promise<Checkpoint>;
  /**
   * What is wrong with all that is read, for operators; undefined where nothing is known to be. Throws
   * `ReadModelUnavailableError`.
   */
  fault(): Promise<string | undefined>;
  /** Of a writer where several processes may write: to be held while `apply` is called. Others need none. */
  readonly lease?: Lease | undefined;
  /** Gives everything back, the lease too. Safe to call twice. */
  close(): Promise<void>;
}

/** The read model did not answer, or answered that it cannot now. The same may succeed later. */
export class ReadModelUnavailableError extends Error {
  readonly temporary = true;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ReadModelUnavailableError';
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
