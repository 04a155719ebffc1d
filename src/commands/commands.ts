import type { User } from '../domain/user/user.ts';

export interface SendMessageInput {
  /** User id of the sender, already authenticated. */
  readonly sender: string;
  readonly clientId: string;
  /** Exactly one of the two: an addressee, or a conversation that exists and that the sender is a member of. */
  readonly to?: string;
  readonly conversation?: string;
  readonly msg: string;
  /** What the command belongs to: a session, a request. Kept in the event's metadata. */
  readonly correlationId: string;
}

export interface SendOutcome {
  /** Message id. */
  readonly message: string;
  readonly conversation: string;
  readonly seq: number;
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly sendDate: number;
  /** True where the message was stored before: every value is then the first one's. */
  readonly duplicate: boolean;
  /** Place in the log, for reading one's own writes. */
  readonly position: number;
}

export interface MarkReadInput {
  readonly reader: string;
  readonly conversation: string;
  readonly seq: number;
  readonly correlationId: string;
}

export interface MarkReadOutcome {
  readonly conversation: string;
  /** The reader's watermark now: the given seq, or the higher one of before. */
  readonly seq: number;
  /** Place in the log that a read model must have reached to show it; 0 where nothing changed. */
  readonly position: number;
}

export interface RegisterOutcome {
  readonly user: User;
  /** False where the same user was there already. */
  readonly created: boolean;
  readonly position: number;
}

/**
 * The write side. Every method resolves only once the outcome is durable, and throws `WeiliaoError` with the codes of
 * the wire: refusals, `RATE_LIMITED`, `OVERLOADED`, `STORE_UNAVAILABLE` (outcome unknown: send the same again).
 */
export interface Commands {
  sendMessage(input: SendMessageInput): Promise<SendOutcome>;
  markRead(input: MarkReadInput): Promise<MarkReadOutcome>;
  /** Throws `USER_EXISTS` where another user has the id. */
  registerUser(user: User): Promise<RegisterOutcome>;
  /** The user with this id; undefined where nobody registered it. */
  findUser(id: string): Promise<User | undefined>;
  /** Position of the newest event that this process wrote for the user, 0: none. For reading one's own writes. */
  writtenBy(user: string): number;
  /** Resolves when no command is in flight. */
  idle(): Promise<void>;
}
