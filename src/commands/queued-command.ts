import type { Conversation } from '../domain/conversation/conversation.ts';
import type { ConversationDecision } from '../domain/conversation/kinds.ts';
import type { WeiliaoError } from '../shared/errors.ts';
import type { Head } from './head.ts';

/**
 * A command waiting for its conversation. The queue, the batch and the head know nothing else of it: what a command
 * remembers, of itself and for others, it does in these hooks.
 */
export interface QueuedCommand {
  readonly correlationId: string;
  readonly causationId: string;
  readonly traceparent?: string | undefined;
  /** Bytes that the command adds to an append, about. */
  readonly bytes: number;
  /** After this, by the clock of `performance.now`, nobody waits for the outcome any more. */
  readonly deadline: number;
  /**
   * Looks up what the decision needs. A promise where something must be fetched: it is called again after that, until
   * there is nothing to wait for. `state` is the conversation as the commands before it leave it, ahead of `head`.
   */
  prepare(head: Head, state: Conversation): Promise<unknown> | undefined;
  /** Decides, right after the last `prepare`: nothing else ran in between. */
  decide(state: Conversation): ConversationDecision;
  /** Accepted; its event is about to be appended. Right after `decide`: nothing else ran in between. */
  begun(): void;
  /** Nothing came of the decision, whatever it was. What was noted and looked up for it no longer holds. */
  abandoned(): void;
  /** The event is in the log. `position` is at or after its own: that of the last event of the append. */
  appended(revision: number, position: number): void;
  /** Decided: nothing has to be appended. Called once everything decided before it is in the log. */
  unchanged(): void;
  reject(error: WeiliaoError): void;
}
