import type { WeiliaoError } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import type { ConversationDecision } from '../domain/conversation/kinds.ts';
import type { Caller } from './conversation-command.ts';
import type { Head } from './head.ts';
import type { InFlight, Waiting } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import type { QueuedCommand } from './queued-command.ts';

/** Where commands note that they are on their way, and what came of them. */
export interface Accounts {
  readonly inFlight: InFlight;
  readonly ledger: Ledger;
  readonly metrics: Pick<Metrics, 'commands'>;
}

/**
 * A command from its arrival to its outcome. A class, and one object, because there are as many as messages: what a
 * message leaves behind for the garbage collector is most of what it costs under load.
 */
export abstract class PendingCommand<Input extends Caller, Outcome extends { readonly position: number }>
  implements QueuedCommand, Waiting
{
  readonly outcome: Promise<Outcome>;
  readonly deadline: number;
  abstract readonly causationId: string;
  readonly #accounts: Accounts;
  readonly #kind: string;
  protected readonly input: Input;
  #resolve!: (value: Outcome) => void;
  #reject!: (error: WeiliaoError) => void;

  /** `kind`: as metrics count it. Throws `OVERLOADED` where too much is in flight. */
  constructor(accounts: Accounts, kind: string, input: Input) {
    this.#accounts = accounts;
    this.#kind = kind;
    this.input = input;
    this.deadline = accounts.inFlight.begin(input.user);
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    accounts.inFlight.enter(this);
  }

  get user(): string {
    return this.input.user;
  }

  get correlationId(): string {
    return this.input.correlationId;
  }

  get traceparent(): string | undefined {
    return this.input.traceparent;
  }

  get bytes(): number {
    return 0;
  }

  abstract prepare(head: Head, state: Conversation): Promise<unknown> | undefined;
  abstract decide(state: Conversation): ConversationDecision;
  abstract appended(revision: number, position: number): void;
  abstract unchanged(): void;

  /** Commands that nobody else has to know of note nothing. */
  begun(): void {
    return;
  }

  abandoned(): void {
    return;
  }

  reject(error: WeiliaoError): void {
    if (!this.#accounts.inFlight.leave(this)) return;
    this.#accounts.metrics.commands.inc({ kind: this.#kind, outcome: error.code });
    this.#reject(error);
  }

  /** The outcome, and how it is counted. Nothing happens where the command was answered before: it took too long. */
  protected resolve(value: Outcome, counted: 'accepted' | 'duplicate' | 'unchanged'): void {
    const { inFlight, ledger, metrics } = this.#accounts;
    if (!inFlight.leave(this)) return;
    if (value.position > 0) ledger.wrote(this.input.user, value.position);
    metrics.commands.inc({ kind: this.#kind, outcome: counted });
    this.#resolve(value);
  }
}
