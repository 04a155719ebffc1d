import type { PriorMessage } from '../domain/conversation/decider.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import { conversationStream } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';
import type { MessageDocument, ReadModelQueries } from '../read-model/read-model.ts';

/**
 * Which client message ids each sender has used: what makes sending idempotent for ever. For a sender who is active
 * here it holds the newest ids and, for all older ones, just the greatest: an id above that was certainly never used,
 * so senders of UUIDv7, which grow, cost no look-up. Any other id is looked up in the read model.
 *
 * Where several processes write, a sender may have used further ids elsewhere. Those of one conversation are noted when
 * its head is loaded or catches up; the greatest id of a sender is asked for anew where it is older than that.
 */

/** Ids held per sender once the read model knows them too. */
const heldIds = 16;
/** Senders held once the read model knows all they sent. */
const heldSenders = 50_000;

interface Place {
  readonly conversation: string;
  readonly revision: number;
  readonly position: number;
}

interface Sender {
  /** By client message id, oldest first; a message that is on its way carries its content. */
  readonly recent: Map<string, Place | PriorMessage>;
  /** Greatest id among those not in `recent`; undefined: not asked yet. */
  floor: string | undefined;
  /** `floor` covers whatever the log holds up to this position. */
  asOf: number;
  /** Newest position that this user wrote through this process, 0: none. */
  lastPosition: number;
}

export interface LedgerDeps {
  readonly store: EventStore;
  readonly readModel: ReadModelQueries;
  /** Newest position known to be in the read model. */
  projected(): number;
  /** The read model must have reached this before it can answer for what was sent before this process started. */
  readonly startPosition: number;
  /** True where nothing but this process writes to the log. */
  readonly soleWriter: boolean;
}

export interface Ledger {
  /**
   * The message that the sender sent under this id before, undefined where there is none. Answers at once where it
   * can. `since`: the ledger was told of every message after this position in the conversation that the id is meant for.
   * Throws `ReadModelUnavailableError` where only the read model could tell and it cannot yet.
   */
  prior(sender: string, clientId: string, since: number): PriorMessage | undefined | Promise<PriorMessage | undefined>;
  /** The same from memory only: what became of it while somebody waited for `prior`. */
  held(sender: string, clientId: string): PriorMessage | undefined | Promise<PriorMessage | undefined>;
  /** A message that is about to be appended: a second one under its id is a duplicate from now on. */
  begin(sender: string, message: PriorMessage): void;
  /** It was not appended, as far as is known. */
  abandon(sender: string, clientId: string): void;
  /** A message that is in the log. */
  note(sender: string, clientId: string, place: Place): void;
  /** Notes that the user wrote something, whatever it was. */
  wrote(user: string, position: number): void;
  /** Newest position that the user wrote through this process, 0: none. */
  lastPosition(user: string): number;
}

export function createLedger(deps: LedgerDeps): Ledger {
  const { store, readModel, projected, startPosition, soleWriter } = deps;
  const senders = new Map<string, Sender>();
  /** What the read model must have reached before it can say that something is not there. */
  let needed = startPosition;

  function senderOf(id: string): Sender {
    const known = senders.get(id);
    if (known !== undefined) return known;
    if (senders.size >= heldSenders) forgetSenders();
    const sender = { recent: new Map(), floor: undefined, asOf: 0, lastPosition: 0 };
    senders.set(id, sender);
    return sender;
  }

  /** Whoever sends goes behind all others: those that did not for longest are let go first. */
  function activeSender(id: string): Sender {
    const sender = senderOf(id);
    senders.delete(id);
    senders.set(id, sender);
    return sender;
  }

  /** Lets go of the senders that were not active for longest, never of one with something not projected yet. */
  function forgetSenders(): void {
    const known = projected();
    for (const [id, sender] of senders) {
      if (senders.size < heldSenders) return;
      const onTheirWay = [...sender.recent.values()].some((place) => place.position > known || 'sent' in place);
      if (!onTheirWay) senders.delete(id);
    }
  }

  function trim(sender: Sender): void {
    if (sender.recent.size <= heldIds || sender.floor === undefined) return;
    const known = projected();
    for (const [id, place] of sender.recent) {
      if (sender.recent.size <= heldIds || place.position > known || 'sent' in place) return;
      sender.recent.delete(id);
      if (id > sender.floor) sender.floor = id;
    }
  }

  async function load(id: string, clientId: string, since: number): Promise<PriorMessage | undefined> {
    needed = Math.max(needed, projected());
    const reached = await assertReached(Math.max(needed, since));
    const greatest = (await readModel.greatestClientId(id)) ?? '';
    const sender = senderOf(id);
    if (sender.floor === undefined || greatest > sender.floor) sender.floor = greatest;
    sender.asOf = Math.max(sender.asOf, soleWriter ? Infinity : reached);
    return prior(id, clientId, since);
  }

  /** Nothing found means nothing there only where the read model has all that it ever had: it may be begun anew. */
  async function lookUp(id: string, clientId: string): Promise<PriorMessage | undefined> {
    needed = Math.max(needed, projected());
    const found = await readModel.messageByClientId(id, clientId);
    if (found === undefined) await assertReached(needed);
    return fromDocument(found);
  }

  async function assertReached(position: number): Promise<number> {
    const reached = await readModel.checkpoint();
    if (reached >= position) return reached;
    throw new ReadModelUnavailableError(`the read model is at ${reached}, ${position} is needed`);
  }

  function held(id: string, clientId: string): ReturnType<Ledger['held']> {
    const place = senders.get(id)?.recent.get(clientId);
    if (place === undefined) return undefined;
    return 'sent' in place ? place : fromLog(place);
  }

  function prior(id: string, clientId: string, since: number): ReturnType<Ledger['prior']> {
    const sender = activeSender(id);
    const known = held(id, clientId);
    if (known !== undefined) return known;
    if (sender.floor === undefined || sender.asOf < since) return load(id, clientId, since);
    if (clientId > sender.floor) return undefined;
    return lookUp(id, clientId);
  }

  async function fromLog(place: Place): Promise<PriorMessage | undefined> {
    const { conversation, revision } = place;
    const read = { direction: 'forwards', fromRevision: revision, maxCount: 1 } as const;
    const [event] = await store.readStream(conversationStream(conversation), read);
    return event === undefined ? undefined : priorOf(conversation, event);
  }

  return {
    prior,
    held,
    begin(id, message) {
      senderOf(id).recent.set(message.sent.clientId, message);
    },
    abandon(id, clientId) {
      senders.get(id)?.recent.delete(clientId);
    },
    note(id, clientId, place) {
      const sender = senderOf(id);
      sender.recent.set(clientId, place);
      trim(sender);
    },
    wrote(id, position) {
      const sender = senderOf(id);
      sender.lastPosition = Math.max(sender.lastPosition, position);
    },
    lastPosition: (id) => senders.get(id)?.lastPosition ?? 0,
  };
}

function priorOf(conversation: string, recorded: RecordedEvent): PriorMessage | undefined {
  const event = readConversationEvent(recorded.type, recorded.metadata.schemaVersion, recorded.data);
  if (event?.type !== 'MessageSent') return undefined;
  return { conversation, revision: recorded.revision, position: recorded.position, sent: event.data };
}

function fromDocument(document: MessageDocument | undefined): PriorMessage | undefined {
  if (document === undefined) return undefined;
  const { client_id, conversation, seq, revision, position, from, to, msg, send_date } = document;
  const sent: MessageSent = { clientId: client_id, seq, from, to, msg, sendDate: send_date };
  return { conversation, revision, position, sent };
}
