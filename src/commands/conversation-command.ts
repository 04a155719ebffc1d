import type { Roster } from '../domain/conversation/rosters.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { MessageLookUp } from './message-look-up.ts';
import type { Accounts } from './pending-command.ts';
import type { QueuedCommand } from './queued-command.ts';
import type { RateLimits } from '../shared/rate-limits.ts';
import type { UserDirectory } from './users.ts';

/** What commands are made of. */
export interface CommandContext extends Accounts {
  readonly users: UserDirectory;
  readonly messages: MessageLookUp;
  readonly readModel: ReadModelQueries;
  /** Keys: a kind of command and its user. */
  readonly rates: RateLimits;
}

/** Who gives a command, and what for. */
export interface Caller {
  /** User id, already authenticated. Must be a member of the conversation. */
  readonly user: string;
  /** What the command belongs to: a session, a request. Kept in the event's metadata. */
  readonly correlationId: string;
  /** The trace that the command belongs to (W3C). Kept in the event's metadata. */
  readonly traceparent?: string | undefined;
}

/** The conversation that a command is meant for, and who belongs to it. */
export interface Target {
  readonly conversation: string;
  readonly roster: Roster;
}

/** What is queued of a command, and what its sender waits for. */
export type Begun<Outcome> = QueuedCommand & { readonly outcome: Promise<Outcome> };

/** A command on a conversation, as a value: see the list in commands.ts. */
export interface ConversationCommand<Input extends Caller, Outcome> {
  /** As metrics count it. */
  readonly kind: string;
  /** Undefined: there is no such conversation. */
  conversation(input: Input): string | undefined;
  /** Throws where it is refused before anything is looked up. */
  begin(context: CommandContext, input: Input, target: Target): Begun<Outcome>;
}
