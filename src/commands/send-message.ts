import { WeiliaoError } from '../shared/errors.ts';
import { messageId } from '../domain/conversation/conversation-id.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import type { SendMessage } from '../domain/conversation/decider.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { UserRef } from '../domain/user/user.ts';
import type { SendMessageInput, SendOutcome } from './commands.ts';
import type { Outcome } from './decide-batch.ts';
import type { Head } from './head.ts';
import { PendingCommand } from './pending.ts';
import type { Books } from './pending.ts';
import type { UserDirectory } from './users.ts';

export interface SendDeps extends Books {
  readonly users: UserDirectory;
}

/** A message on its way into its conversation. */
export class SendMessageCommand extends PendingCommand<SendOutcome> {
  readonly #deps: SendDeps;
  readonly #input: SendMessageInput;
  readonly #conversation: string;
  readonly #peer: string;

  constructor(deps: SendDeps, input: SendMessageInput, to: { readonly conversation: string; readonly peer: string }) {
    super(deps, 'send', input.sender);
    this.#deps = deps;
    this.#input = input;
    this.#conversation = to.conversation;
    this.#peer = to.peer;
  }

  get correlationId(): string {
    return this.#input.correlationId;
  }

  get causationId(): string {
    return this.#input.clientId;
  }

  get bytes(): number {
    return this.#input.msg.length * 3;
  }

  /** Without a wait where everything it needs is in memory. */
  prepare(head: Head, state: Conversation): SendMessage | Promise<SendMessage> {
    const { sender, clientId, conversation } = this.#input;
    if (conversation !== undefined && state.lastSeq === 0) throw conversationNotFound();
    const { users, ledger } = this.#deps;
    const from = users.known(sender);
    const to = users.known(this.#peer);
    const prior = ledger.prior(sender, clientId, head.since);
    if (from !== undefined && to !== undefined && !(prior instanceof Promise)) return this.#command(from, to, prior);
    return Promise.all([this.#find(sender, 'sender'), this.#find(this.#peer, 'addressee'), prior]).then(
      ([foundFrom, foundTo, foundPrior]) => this.#command(foundFrom, foundTo, foundPrior),
    );
  }

  protected tell(outcome: Outcome): { value: SendOutcome; counted: string } {
    if (outcome.kind === 'unchanged') throw new TypeError('a send always changes something');
    const conversation = this.#conversation;
    const { revision, position } = outcome.kind === 'accepted' ? outcome : outcome.prior;
    const { seq, sendDate } = sentIn(outcome);
    const duplicate = outcome.kind === 'duplicate';
    const message = messageId(conversation, seq);
    const value = { message, conversation, seq, revision, sendDate, duplicate, position };
    return { value, counted: outcome.kind };
  }

  #command(from: UserRef, to: UserRef, prior: SendMessage['prior']): SendMessage {
    const { clientId, msg } = this.#input;
    return { kind: 'SendMessage', clientId, from, to, msg, now: Date.now(), prior };
  }

  async #find(id: string, role: string): Promise<UserRef> {
    const user = await this.#deps.users.ref(id);
    if (user === undefined) throw new WeiliaoError('USER_NOT_FOUND', `${role} ${id} is not registered`);
    return user;
  }
}

function sentIn(outcome: Exclude<Outcome, { kind: 'unchanged' }>): MessageSent {
  if (outcome.kind === 'duplicate') return outcome.prior.sent;
  if (outcome.event.type !== 'MessageSent') throw new TypeError('a send becomes a MessageSent');
  return outcome.event.data;
}

export function conversationNotFound(): WeiliaoError {
  return new WeiliaoError('CONVERSATION_NOT_FOUND', 'conversation not found');
}
