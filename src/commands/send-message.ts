import { WeiliaoError } from '../shared/errors.ts';
import { directConversationId, messageId } from '../domain/conversation/conversation-id.ts';
import { conversationNotFound, refuseUnlessBegun } from '../domain/conversation/conversation.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import type { ConversationDecision } from '../domain/conversation/kinds.ts';
import { decideSend } from '../domain/conversation/kinds/message-sent.ts';
import type { MessageSent, SendMessage } from '../domain/conversation/kinds/message-sent.ts';
import type { RecordedMessage } from '../domain/conversation/recorded-message.ts';
import { peerAmong } from '../domain/conversation/rosters.ts';
import type { Caller, CommandContext, ConversationCommand, Target } from './conversation-command.ts';
import type { Head } from './head.ts';
import { PendingCommand } from './pending-command.ts';
import type { KnownUser } from './read-user.ts';

export interface SendMessageInput extends Caller {
  /** Client message id. */
  readonly id: string;
  /** Exactly one of the two: an addressee, or a conversation that exists and that the sender is a member of. */
  readonly to?: string | undefined;
  readonly conversation?: string | undefined;
  readonly msg: string;
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

export const sendMessage: ConversationCommand<SendMessageInput, SendOutcome> = {
  kind: 'send',
  conversation({ user, to, conversation }) {
    return conversation ?? (to === undefined ? undefined : directConversationId(user, to));
  },
  begin(context, input, target) {
    return new PendingSend(context, input, target);
  },
};

/** Its place becomes known once it is appended: who sent the same twice in one batch has it then. */
type MessageOnItsWay = { -readonly [Field in keyof RecordedMessage]: RecordedMessage[Field] };

/** A message on its way into its conversation. */
class PendingSend extends PendingCommand<SendMessageInput, SendOutcome> {
  readonly #context: CommandContext;
  readonly #conversation: string;
  /** The addressee; null in a group. */
  readonly #peer: string | null;
  /** What was sent before under the id, as far as was looked. */
  #prior: RecordedMessage | undefined;
  #lookedUp = false;
  /** Undefined where the conversation must exist and does not. */
  #command: SendMessage | undefined;
  #message: MessageOnItsWay | undefined;

  constructor(context: CommandContext, input: SendMessageInput, { conversation, roster }: Target) {
    super(context, sendMessage.kind, input);
    this.#context = context;
    this.#conversation = conversation;
    this.#peer = peerAmong(roster.direct ? roster.members : undefined, input.user);
  }

  get causationId(): string {
    return this.input.id;
  }

  override get bytes(): number {
    return this.input.msg.length * 3;
  }

  /** Without a wait where everything it needs is in memory. */
  prepare(head: Head, state: Conversation): Promise<unknown> | undefined {
    this.#command = undefined;
    if (this.input.conversation !== undefined && refuseUnlessBegun(state) !== undefined) return undefined;
    const { users } = this.#context;
    const from = users.known(this.input.user);
    const to = this.#peer === null ? null : users.known(this.#peer);
    const prior = this.#findPrior(head.since);
    if (from === undefined || to === undefined || prior instanceof Promise) return this.#lookUp(prior);
    const { id: clientId, msg } = this.input;
    this.#command = {
      conversation: this.#conversation,
      clientId,
      from: from.ref,
      to: to === null ? null : to.ref,
      blocked: to !== null && eitherBlocks(from, to),
      msg,
      now: Date.now(),
      prior,
    };
    return undefined;
  }

  decide(state: Conversation): ConversationDecision {
    if (this.#command === undefined) return conversationNotFound;
    const decision = decideSend(state, this.#command);
    if (decision.kind === 'accepted') this.#message = onItsWay(this.#conversation, decision.event.data);
    if (decision.kind !== 'duplicate') return decision;
    this.#prior = decision.prior;
    return { kind: 'unchanged' };
  }

  override begun(): void {
    if (this.#message !== undefined) this.#context.ledger.begin(this.#message);
  }

  override abandoned(): void {
    if (this.#message !== undefined) this.#context.ledger.abandon(this.input.user, this.input.id);
    this.#message = undefined;
    this.#prior = undefined;
    this.#lookedUp = false;
  }

  appended(revision: number, position: number): void {
    const message = this.#message;
    if (message === undefined) throw new TypeError('nothing was accepted');
    message.revision = revision;
    message.position = position;
    const { conversation, sent } = message;
    const { seq } = sent;
    this.#context.ledger.note(this.input.user, sent.clientId, { conversation, seq, revision, position });
    this.resolve(outcomeOf(message, false), 'accepted');
  }

  unchanged(): void {
    if (this.#prior === undefined) throw new TypeError('a send always changes something');
    this.resolve(outcomeOf(this.#prior, true), 'duplicate');
  }

  /** What it waited for may have been overtaken by the same id in another conversation: that one got it. */
  #findPrior(since: number): RecordedMessage | undefined | Promise<RecordedMessage | undefined> {
    if (this.#prior !== undefined) return this.#prior;
    const { ledger } = this.#context;
    const { user, id } = this.input;
    return this.#lookedUp ? ledger.held(user, id) : ledger.prior(user, id, since);
  }

  async #lookUp(prior: RecordedMessage | undefined | Promise<RecordedMessage | undefined>): Promise<void> {
    const [found] = await Promise.all([
      prior,
      this.#find(this.input.user, 'sender'),
      this.#peer === null ? null : this.#find(this.#peer, 'addressee'),
    ]);
    this.#prior = found;
    this.#lookedUp = true;
  }

  async #find(id: string, role: string): Promise<void> {
    const user = await this.#context.users.find(id);
    if (user === undefined) throw new WeiliaoError('USER_NOT_FOUND', `${role} ${id} is not registered`);
  }
}

function eitherBlocks({ state: one }: KnownUser, { state: other }: KnownUser): boolean {
  return (one.blocked.size > 0 && one.blocked.has(other.id)) || (other.blocked.size > 0 && other.blocked.has(one.id));
}

function onItsWay(conversation: string, sent: MessageSent): MessageOnItsWay {
  return { conversation, revision: -1, position: 0, sent };
}

function outcomeOf({ conversation, revision, position, sent }: RecordedMessage, duplicate: boolean): SendOutcome {
  const { seq, sendDate } = sent;
  return { message: messageId(conversation, seq), conversation, seq, revision, sendDate, duplicate, position };
}
