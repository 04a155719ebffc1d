import { WeiliaoError } from '../shared/errors.ts';
import { directConversationId, messageId } from '../domain/conversation/conversation-id.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import { conversationNotFound, refuseUnlessBegun } from '../domain/conversation/decision.ts';
import type { Decision } from '../domain/conversation/decision.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { RecordedMessage } from '../domain/conversation/recorded-message.ts';
import { peerIn } from '../domain/conversation/rosters.ts';
import { decideSend } from '../domain/conversation/send-message.ts';
import type { SendMessage } from '../domain/conversation/send-message.ts';
import type { UserRef } from '../domain/user/user.ts';
import type { CommandContext, ConversationCommand, Target } from './conversation-command.ts';
import type { Head } from './head.ts';
import { PendingCommand } from './pending-command.ts';

export interface SendMessageInput {
  /** User id of the sender, already authenticated. */
  readonly sender: string;
  readonly clientId: string;
  /** Exactly one of the two: an addressee, or a conversation that exists and that the sender is a member of. */
  readonly to?: string;
  readonly conversation?: string;
  readonly msg: string;
  /** What the command belongs to: a session, a request. Kept in the event's metadata. */
  readonly correlationId: string;
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
  user: ({ sender }) => sender,
  conversation({ sender, to, conversation }) {
    return conversation ?? (to === undefined ? undefined : directConversationId(sender, to));
  },
  begin(context, input, target) {
    context.rateLimit(input.sender, Date.now());
    return new PendingSend(context, input, target);
  },
};

/** Its place becomes known once it is appended: who sent the same twice in one batch has it then. */
type MessageOnItsWay = { -readonly [Field in keyof RecordedMessage]: RecordedMessage[Field] };

/** A message on its way into its conversation. */
class PendingSend extends PendingCommand<SendOutcome> {
  readonly #context: CommandContext;
  readonly #input: SendMessageInput;
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
    super(context, sendMessage.kind, input.sender);
    this.#context = context;
    this.#input = input;
    this.#conversation = conversation;
    this.#peer = peerIn(roster, input.sender);
  }

  get correlationId(): string {
    return this.#input.correlationId;
  }

  get causationId(): string {
    return this.#input.clientId;
  }

  override get bytes(): number {
    return this.#input.msg.length * 3;
  }

  /** Without a wait where everything it needs is in memory. */
  prepare(head: Head, state: Conversation): Promise<unknown> | undefined {
    this.#command = undefined;
    if (this.#input.conversation !== undefined && refuseUnlessBegun(state) !== undefined) return undefined;
    const { users } = this.#context;
    const from = users.known(this.#input.sender);
    const to = this.#peer === null ? null : users.known(this.#peer);
    const prior = this.#findPrior(head.since);
    if (from === undefined || to === undefined || prior instanceof Promise) return this.#lookUp(prior);
    const { clientId, msg } = this.#input;
    this.#command = { conversation: this.#conversation, clientId, from, to, msg, now: Date.now(), prior };
    return undefined;
  }

  decide(state: Conversation): Decision {
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
    if (this.#message !== undefined) this.#context.ledger.abandon(this.#input.sender, this.#input.clientId);
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
    this.#context.ledger.note(this.#input.sender, sent.clientId, { conversation, seq, revision, position });
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
    const { sender, clientId } = this.#input;
    return this.#lookedUp ? ledger.held(sender, clientId) : ledger.prior(sender, clientId, since);
  }

  async #lookUp(prior: RecordedMessage | undefined | Promise<RecordedMessage | undefined>): Promise<void> {
    const [found] = await Promise.all([
      prior,
      this.#find(this.#input.sender, 'sender'),
      this.#peer === null ? null : this.#find(this.#peer, 'addressee'),
    ]);
    this.#prior = found;
    this.#lookedUp = true;
  }

  async #find(id: string, role: string): Promise<UserRef> {
    const user = await this.#context.users.ref(id);
    if (user === undefined) throw new WeiliaoError('USER_NOT_FOUND', `${role} ${id} is not registered`);
    return user;
  }
}

function onItsWay(conversation: string, sent: MessageSent): MessageOnItsWay {
  return { conversation, revision: -1, position: 0, sent };
}

function outcomeOf({ conversation, revision, position, sent }: RecordedMessage, duplicate: boolean): SendOutcome {
  const { seq, sendDate } = sent;
  return { message: messageId(conversation, seq), conversation, seq, revision, sendDate, duplicate, position };
}
