import type { ConversationEvent } from '../domain/conversation/kinds.ts';
import type { RecordedMessage } from '../domain/conversation/recorded-message.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { EventPlace } from './head.ts';
import type { MessageLookUp } from './message-look-up.ts';
import { isOnItsWay, Senders } from './senders.ts';
import type { MessagePlace } from './senders.ts';

export interface LedgerDeps {
  readonly messages: MessageLookUp;
  readonly readModel: Pick<ReadModelQueries, 'checkpoint' | 'greatestClientId' | 'messageByClientId'>;
  /** Newest position known to be in the read model. */
  projected(): number;
  /** The read model must have reached this before it can answer for what was sent before this process started. */
  readonly startPosition: number;
  /** True where nothing but this process writes to the log. */
  readonly soleWriter: boolean;
}

/** What may have been sent under an id: known at once, or to be fetched. */
type Found = RecordedMessage | undefined | Promise<RecordedMessage | undefined>;

/**
 * Which client message ids each sender has used: what makes sending idempotent for ever. For a sender who is active
 * here it holds the newest ids and, for all older ones, just the greatest: an id above that was certainly never used,
 * so senders of UUIDv7, which grow, cost no look-up. Any other id is looked up in the read model.
 *
 * Where several processes write, a sender may have used further ids elsewhere. Those of one conversation are noted when
 * its head is loaded or catches up; the greatest id of a sender is asked for anew where it is older than that.
 */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #senders: Senders;
  /** What the read model must have reached before it can say that something is not there. */
  #needed: number;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.#senders = new Senders(deps.projected);
    this.#needed = deps.startPosition;
  }

  /**
   * The message that the sender sent under this id before, undefined where there is none. Answers at once where it
   * can. `since`: the ledger observed every message after this position in the conversation that the id is meant for.
   * Throws `ReadModelUnavailableError` where only the read model could tell and it cannot yet.
   */
  prior(sender: string, clientId: string, since: number): Found {
    const { floor, asOf } = this.#senders.active(sender);
    const held = this.held(sender, clientId);
    if (held !== undefined) return held;
    if (floor === undefined || asOf < since) return this.#loadSender(sender, clientId, since);
    if (clientId > floor) return undefined;
    return this.#lookUp(sender, clientId);
  }

  /** The same from memory only: what became of it while somebody waited for `prior`. */
  held(sender: string, clientId: string): Found {
    const known = this.#senders.known(sender)?.recent.get(clientId);
    if (known === undefined || isOnItsWay(known)) return known;
    return this.#recorded(known).then((message) => {
      // The log was cut: who asks again must not be sent to the same place for ever.
      if (message === undefined) this.abandon(sender, clientId);
      return message;
    });
  }

  /** A message that is about to be appended: a second one under its id is a duplicate from now on. */
  begin(message: RecordedMessage): void {
    const { from, clientId } = message.sent;
    this.#senders.get(from.id).recent.set(clientId, message);
  }

  /** It was not appended, as far as is known. */
  abandon(sender: string, clientId: string): void {
    this.#senders.known(sender)?.recent.delete(clientId);
  }

  /** A message that is in the log. */
  note(sender: string, clientId: string, place: MessagePlace): void {
    this.#senders.note(sender, clientId, place);
  }

  /** An event that was read from the log, whoever wrote it. */
  observe(event: ConversationEvent, { conversation, revision, position }: EventPlace): void {
    if (event.type !== 'MessageSent') return;
    const { from, clientId, seq } = event.data;
    this.note(from.id, clientId, { conversation, seq, revision, position });
  }

  /** Notes that the user wrote something, whatever it was. */
  wrote(user: string, position: number): void {
    const sender = this.#senders.get(user);
    sender.lastPosition = Math.max(sender.lastPosition, position);
  }

  /** Newest position that the user wrote through this process, 0: none. */
  lastPosition(user: string): number {
    return this.#senders.known(user)?.lastPosition ?? 0;
  }

  async #loadSender(id: string, clientId: string, since: number): Promise<RecordedMessage | undefined> {
    const { readModel, projected, soleWriter } = this.#deps;
    this.#needed = Math.max(this.#needed, projected());
    const reached = await this.#assertReached(Math.max(this.#needed, since));
    const greatest = (await readModel.greatestClientId(id)) ?? '';
    const sender = this.#senders.get(id);
    if (sender.floor === undefined || greatest > sender.floor) sender.floor = greatest;
    sender.asOf = Math.max(sender.asOf, soleWriter ? Infinity : reached);
    return this.prior(id, clientId, since);
  }

  /** Nothing found means nothing there only where the read model has all that it ever had: it may be begun anew. */
  async #lookUp(id: string, clientId: string): Promise<RecordedMessage | undefined> {
    this.#needed = Math.max(this.#needed, this.#deps.projected());
    const found = await this.#deps.readModel.messageByClientId(id, clientId);
    if (found !== undefined) return this.#recorded(found);
    await this.#assertReached(this.#needed);
    return undefined;
  }

  /** The text that was sent, which the read model's copy need not be any more. */
  #recorded({ conversation, seq, revision }: MessagePlace): Promise<RecordedMessage | undefined> {
    return this.#deps.messages.messageAt(conversation, seq, { revision, lastSeq: seq });
  }

  async #assertReached(position: number): Promise<number> {
    const reached = await this.#deps.readModel.checkpoint();
    if (reached >= position) return reached;
    throw new ReadModelUnavailableError(`the read model is at ${reached}, ${position} is needed`);
  }
}
