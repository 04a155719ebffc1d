import type { Conversation } from '../domain/conversation/conversation.ts';
import { decideRead } from '../domain/conversation/kinds/messages-read.ts';
import type { ReadDecision } from '../domain/conversation/kinds/messages-read.ts';
import type { Caller, CommandContext, ConversationCommand } from './conversation-command.ts';
import type { Head } from './head.ts';
import { PendingCommand } from './pending-command.ts';

export interface MarkReadInput extends Caller {
  readonly conversation: string;
  readonly seq: number;
}

export interface MarkReadOutcome {
  readonly conversation: string;
  /** The reader's watermark now: the given seq, or the higher one of before. */
  readonly seq: number;
  /** Place in the log that a read model must have reached to show it; 0 where nothing changed. */
  readonly position: number;
}

export const markRead: ConversationCommand<MarkReadInput, MarkReadOutcome> = {
  kind: 'read',
  conversation: ({ conversation }) => conversation,
  begin: (context, input) => new PendingRead(context, input),
};

/** A watermark on its way into its conversation. */
class PendingRead extends PendingCommand<MarkReadInput, MarkReadOutcome> {
  readonly #readModel: CommandContext['readModel'];
  /** The reader's watermark in the read model, once somebody looked. */
  #stored: number | undefined;
  /** The reader's watermark when this was decided on. */
  #readSeq = 0;

  constructor(context: CommandContext, input: MarkReadInput) {
    super(context, markRead.kind, input);
    this.#readModel = context.readModel;
  }

  get causationId(): string {
    return `read:${this.input.user}:${this.input.seq}`;
  }

  /** The watermark is in the head, or in the read model where its event is too old for the head. */
  prepare({ whole }: Head, { readSeq }: Conversation): Promise<unknown> | undefined {
    const known = readSeq.get(this.input.user) ?? (whole ? 0 : this.#stored);
    if (known === undefined) return this.#lookUp();
    this.#readSeq = known;
    return undefined;
  }

  decide(state: Conversation): ReadDecision {
    const { user, seq } = this.input;
    return decideRead(state, { reader: user, seq, readSeq: this.#readSeq, now: Date.now() });
  }

  appended(_revision: number, position: number): void {
    const { conversation, seq } = this.input;
    this.resolve({ conversation, seq, position }, 'accepted');
  }

  unchanged(): void {
    const { conversation } = this.input;
    this.resolve({ conversation, seq: this.#readSeq, position: 0 }, 'unchanged');
  }

  async #lookUp(): Promise<void> {
    const { user, conversation } = this.input;
    const membership = await this.#readModel.membership(user, conversation);
    this.#stored = membership?.read_seq ?? 0;
  }
}
