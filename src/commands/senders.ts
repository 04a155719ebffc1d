import type { RecordedMessage } from '../domain/conversation/recorded-message.ts';

/** Ids held per sender once the read model knows them too. */
const heldIds = 16;
/** Senders held once the read model knows all they sent. */
const heldSenders = 50_000;
/** Senders that are let go of in one go: to look for them one by one would cost as much each time. */
const goneAtOnce = 5_000;

/** Where a message is in the log. */
export interface MessagePlace {
  readonly conversation: string;
  readonly seq: number;
  readonly revision: number;
  readonly position: number;
}

export interface Sender {
  /** By client message id, oldest first; a message that is on its way carries its content. */
  readonly recent: Map<string, MessagePlace | RecordedMessage>;
  /** Greatest id among those not in `recent`; undefined: not asked yet. */
  floor: string | undefined;
  /** `floor` covers whatever the log holds up to this position. */
  asOf: number;
  /** Newest position that this user wrote through this process, 0: none. */
  lastPosition: number;
}

/** The client message ids of those who send, in memory: the newest of each, and how far the others reach. */
export class Senders {
  readonly #projected: () => number;
  readonly #senders = new Map<string, Sender>();
  /** How many there are when some are to be let go of. */
  #full = heldSenders;

  /** `projected`: newest position known to be in the read model. */
  constructor(projected: () => number) {
    this.#projected = projected;
  }

  known(id: string): Sender | undefined {
    return this.#senders.get(id);
  }

  get(id: string): Sender {
    const known = this.#senders.get(id);
    if (known !== undefined) return known;
    if (this.#senders.size >= this.#full) this.#forgetInactive();
    const sender: Sender = { recent: new Map(), floor: undefined, asOf: 0, lastPosition: 0 };
    this.#senders.set(id, sender);
    return sender;
  }

  /** The same; the sender then counts as the most recently active one. */
  active(id: string): Sender {
    const sender = this.get(id);
    this.#senders.delete(id);
    this.#senders.set(id, sender);
    return sender;
  }

  /** Keeps the place of a message that is in the log, and lets go of older ones that the read model knows. */
  note(id: string, clientId: string, place: MessagePlace): void {
    const sender = this.get(id);
    sender.recent.set(clientId, place);
    if (sender.recent.size <= heldIds || sender.floor === undefined) return;
    const projected = this.#projected();
    for (const [older, known] of sender.recent) {
      if (sender.recent.size <= heldIds || known.position > projected || isOnItsWay(known)) return;
      sender.recent.delete(older);
      if (older > sender.floor) sender.floor = older;
    }
  }

  /** Lets go of the senders that were not active for longest, never of one with something not projected yet. */
  #forgetInactive(): void {
    const projected = this.#projected();
    for (const [id, { recent, lastPosition }] of this.#senders) {
      if (this.#senders.size <= heldSenders - goneAtOnce) break;
      if (lastPosition > projected) continue;
      const pending = [...recent.values()].some((known) => known.position > projected || isOnItsWay(known));
      if (!pending) this.#senders.delete(id);
    }
    this.#full = Math.max(heldSenders, this.#senders.size + goneAtOnce);
  }
}

/** True: its content is held, since it is not in the log as far as is known. */
export function isOnItsWay(known: MessagePlace | RecordedMessage): known is RecordedMessage {
  return 'sent' in known;
}
