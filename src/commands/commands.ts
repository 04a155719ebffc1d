import type { UserEvent } from '../domain/user/kinds.ts';
import type { UserState } from '../domain/user/user-state.ts';
import type { ConversationCommand } from './conversation-command.ts';
import { markRead } from './mark-read.ts';
import { sendMessage } from './send-message.ts';
import type { UserCommands } from './user-commands.ts';

export type { Caller } from './conversation-command.ts';
export type { MarkReadInput } from './mark-read.ts';
export type { SendMessageInput } from './send-message.ts';
export type { UserOutcome } from './users.ts';

/** Every command on a conversation. Its file says what goes in, what comes out, and what it looks up; the domain decides. */
export const conversationCommands = { sendMessage, markRead } as const;

type MethodOf<Command> =
  Command extends ConversationCommand<infer Input, infer Outcome> ? (input: Input) => Promise<Outcome> : never;

/** A method for each command of the list, under its name. */
export type ConversationCommands = {
  readonly [Name in keyof typeof conversationCommands]: MethodOf<(typeof conversationCommands)[Name]>;
};

/**
 * The write side. Every method resolves only once the outcome is durable, and throws `WeiliaoError` with the codes of
 * the wire: refusals, `RATE_LIMITED`, `OVERLOADED`, `STORE_UNAVAILABLE` (outcome unknown: send the same again).
 */
export interface Commands extends ConversationCommands, UserCommands {
  /** The user with this id; undefined where nobody registered it. Throws `STORE_UNAVAILABLE` where nobody says in time. */
  findUser(id: string): Promise<UserState | undefined>;
  /** Whom the user has blocked, since when, and up to which place in the log that is so for sure. Throws as `findUser`. */
  blocksOf(id: string): Promise<{ readonly blocked: UserState['blocked']; readonly position: number }>;
  /** When the user's sessions were ended last, epoch milliseconds, 0: never. Tokens made up to then are no good. */
  sessionsEnded(id: string): number | Promise<number>;
  /** Whoever wants to know what happens to users, here or in another process. */
  onUserEvent(listener: (event: UserEvent) => void): void;
  /** Position of the newest event that this process wrote for the user, 0: none. For reading one's own writes. */
  writtenBy(user: string): number;
  /** Resolves when no command is in flight. */
  idle(): Promise<void>;
  /** Follows nobody any more. */
  close(): Promise<void>;
}
