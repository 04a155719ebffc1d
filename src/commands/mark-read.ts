import type { Conversation } from '../domain/conversation/conversation.ts';
import type { MarkRead } from '../domain/conversation/decider.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { MarkReadInput, MarkReadOutcome } from './commands.ts';
import type { Outcome } from './decide-batch.ts';
import { watermarkOf } from './head.ts';
import type { Head } from './head.ts';
import { PendingCommand } from './pending.ts';
import type { Books } from './pending.ts';

export interface MarkReadDeps extends Books {
  readonly readModel: ReadModelQueries;
}

/** A watermark on its way into its conversation. */
export class MarkReadCommand extends PendingCommand<MarkReadOutcome> {
  readonly bytes = 0;
  readonly correlationId: string;
  readonly causationId: string;
  readonly #readModel: ReadModelQueries;
  readonly #input: MarkReadInput;
  /** The reader's watermark when this was decided on. */
  #readSeq = 0;

  constructor(deps: MarkReadDeps, input: MarkReadInput) {
    super(deps, 'read', input.reader);
    this.#readModel = deps.readModel;
    this.#input = input;
    this.correlationId = input.correlationId;
    this.causationId = `read:${input.reader}:${input.seq}`;
  }

  async prepare(head: Head, state: Conversation): Promise<MarkRead> {
    const { reader, conversation, seq } = this.#input;
    this.#readSeq = await watermarkOf(conversation, reader, { ...head, state }, this.#readModel);
    return { kind: 'MarkRead', reader, seq, readSeq: this.#readSeq, now: Date.now() };
  }

  protected tell(outcome: Outcome): { value: MarkReadOutcome; counted: string } {
    const { conversation, seq } = this.#input;
    const value =
      outcome.kind === 'accepted'
        ? { conversation, seq, position: outcome.position }
        : { conversation, seq: this.#readSeq, position: 0 };
    return { value, counted: outcome.kind };
  }
}
