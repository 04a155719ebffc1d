import type { Conversation } from '../domain/conversation/conversation.ts';
import type { Decision } from '../domain/conversation/decision.ts';
import { decideRead } from '../domain/conversation/mark-read.ts';
import type { CommandContext, ConversationCommand } from './conversation-command.ts';
import type { Head } from './head.ts';
import { PendingCommand } from './pending-command.ts';

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

export const markRead: ConversationCommand<MarkReadInput, MarkReadOutcome> = {
  kind: 'read',
  user: ({ reader }) => reader,
  conversation: ({ conversation }) => conversation,
  begin: (context, input) => new PendingRead(context, input),
};

/** A watermark on its way into its conversation. */
class PendingRead extends PendingCommand<MarkReadOutcome> {
  readonly correlationId: string;
  readonly causationId: string;
  readonly #readModel: CommandContext['readModel'];
  readonly #input: MarkReadInput;
  /** The reader's watermark in the read model, once somebody looked. */
  #stored: number | undefined;
  /** The reader's watermark when this was decided on. */
  #readSeq = 0;

  constructor(context: CommandContext, input: MarkReadInput) {
    super(context, markRead.kind, input.reader);
    this.#readModel = context.readModel;
    this.#input = input;
    this.correlationId = input.correlationId;
    this.causationId = `read:${input.reader}:${input.seq}`;
  }

  /** The watermark is in the head, or in the read model where its event is too old for the head. */
  prepare({ whole }: Head, { readSeq }: Conversation): Promise<unknown> | undefined {
    const known = readSeq.get(this.#input.reader) ?? (whole ? 0 : this.#stored);
    if (known === undefined) return this.#lookUp();
    this.#readSeq = known;
    return undefined;
  }

  decide(state: Conversation): Decision {
    const { reader, seq } = this.#input;
    return decideRead(state, { reader, seq, readSeq: this.#readSeq, now: Date.now() });
  }

  appended(_revision: number, position: number): void {
    const { conversation, seq } = this.#input;
    this.resolve({ conversation, seq, position }, 'accepted');
  }

  unchanged(): void {
    const { conversation } = this.#input;
    this.resolve({ conversation, seq: this.#readSeq, position: 0 }, 'unchanged');
  }

  async #lookUp(): Promise<void> {
    const { reader, conversation } = this.#input;
    const membership = await this.#readModel.membership(reader, conversation);
    this.#stored = membership?.read_seq ?? 0;
  }
}
