import type { WeiliaoError } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import type { ConversationCommand } from '../domain/conversation/decider.ts';
import type { Outcome, QueuedCommand } from './decide-batch.ts';
import type { Head } from './head.ts';
import type { InFlight, Waiting } from './in-flight.ts';
import type { Ledger } from './ledger.ts';

/** What commands note their outcomes in. */
export interface Books {
  readonly inFlight: InFlight;
  readonly ledger: Ledger;
  readonly metrics: Pick<Metrics, 'commands'>;
}

/**
 * A command from its arrival to its outcome. A class, and one object, because there are as many as messages: what a
 * message leaves behind for the garbage collector is most of what it costs under load.
 */
export abstract class PendingCommand<T extends { readonly position: number }> implements QueuedCommand, Waiting {
  readonly outcome: Promise<T>;
  readonly deadline: number;
  abstract readonly correlationId: string;
  abstract readonly causationId: string;
  abstract readonly bytes: number;
  readonly #books: Books;
  readonly #kind: string;
  readonly #user: string;
  #resolve!: (value: T) => void;
  #reject!: (error: WeiliaoError) => void;

  /** Throws `OVERLOADED` where too much is in flight. */
  constructor(books: Books, kind: string, user: string) {
    this.#books = books;
    this.#kind = kind;
    this.#user = user;
    this.deadline = books.inFlight.begin();
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    books.inFlight.enter(this);
  }

  abstract prepare(head: Head, state: Conversation): ConversationCommand | Promise<ConversationCommand>;

  /** What the outcome is in the caller's words, and how it is counted. */
  protected abstract tell(outcome: Outcome): { readonly value: T; readonly counted: string };

  resolve(outcome: Outcome): void {
    const { inFlight, ledger, metrics } = this.#books;
    if (!inFlight.leave(this)) return;
    const { value, counted } = this.tell(outcome);
    if (value.position > 0) ledger.wrote(this.#user, value.position);
    metrics.commands.inc({ kind: this.#kind, outcome: counted });
    this.#resolve(value);
  }

  reject(error: WeiliaoError): void {
    if (!this.#books.inFlight.leave(this)) return;
    this.#books.metrics.commands.inc({ kind: this.#kind, outcome: error.code });
    this.#reject(error);
  }
}
