import type { Conversation } from './client.ts';
import { createMessages, marked, merged } from './messages.ts';
import type { Messages } from './messages.ts';
import type { Message, User } from './options.ts';
import type { EventFrame } from './parse.ts';
import type { ListItem } from './rest.ts';
import { createView } from './view.ts';

/** A conversation that missed something: `incomplete`, what is known is still true; `untrusted`, it may be of another log. */
export type Staleness = 'no' | 'incomplete' | 'untrusted';

/** What is known of a conversation. */
export interface Entry {
  /** Replaced at each change. Nothing is known where its revision is -1. */
  row: Conversation;
  stale: Staleness;
  /** Messages up to here were told, or were there before; undefined where nothing is known. */
  toldSeq: number | undefined;
  /** Events that came after something that was missed. */
  held: EventFrame[];
  /** Undefined where nobody ever looked. */
  messages: Messages | undefined;
}

export interface ConversationsDeps {
  /** Who this user is, once it is known. */
  readonly user: string | undefined;
  /** Something of this conversation is new. */
  changed(conversation: string): void;
  /** The state holds this message, for the first time or again. */
  placed(message: Message): void;
}

/** The state of all conversations. Each merge is monotone. */
export class Conversations {
  readonly entries = new Map<string, Entry>();
  /** Newest activity first. */
  readonly view = createView<readonly Conversation[]>(() =>
    [...this.entries.values()]
      .map(({ row }) => row)
      .filter(({ lastSeq }) => lastSeq > 0)
      .sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1)),
  );
  readonly #deps: ConversationsDeps;

  constructor(deps: ConversationsDeps) {
    this.#deps = deps;
  }

  entryOf(id: string): Entry {
    let entry = this.entries.get(id);
    if (entry === undefined) {
      entry = { row: emptyRow(id), stale: 'no', toldSeq: undefined, held: [], messages: undefined };
      this.entries.set(id, entry);
    }
    return entry;
  }

  update(entry: Entry, fields: Partial<Conversation>): void {
    const next = { ...entry.row, ...fields };
    entry.row = { ...next, unread: Math.max(0, next.lastSeq - next.seenSeq) };
    this.view.changed();
    this.#deps.changed(next.id);
  }

  setStale(entry: Entry, stale: Staleness): void {
    entry.stale = stale;
    this.update(entry, { stale: stale !== 'no' });
  }

  /**
   * A line of the friend list, and the newest messages, newest first, where it missed some. One of a conversation that is
   * up to date brings nothing but the peer's looks.
   */
  applyItem(item: ListItem, page: readonly Message[] = []): void {
    const { conversation, lastMessage, unread, ...fields } = item;
    const entry = this.entryOf(conversation);
    const { peer, lastSeq } = fields;
    if (entry.stale === 'no' && entry.row.revision >= 0) {
      this.update(entry, { peer });
      return;
    }
    entry.toldSeq ??= lastSeq;
    if (entry.stale === 'untrusted') {
      // In a log that was put back to an older state other messages have taken the seqs of some that were told.
      const fresh = page.filter(({ sendDate }) => sendDate > entry.row.updatedAt);
      entry.toldSeq = Math.min(entry.toldSeq, lastSeq, ...fresh.map(({ seq }) => seq - 1));
      entry.messages?.clear();
      entry.row = emptyRow(conversation);
    }
    const seenSeq = Math.max(fields.readSeq, lastSeq - unread);
    this.update(entry, { ...greatest(entry.row, { ...fields, seenSeq }), peer });
    this.applyMessage(entry, lastMessage);
  }

  /** A message, from wherever: a frame, a page, the answer to a send. */
  applyMessage(entry: Entry, message: Message): void {
    const { row } = entry;
    const { from, seq, sendDate } = message;
    const last = row.lastMessage;
    entry.messages?.add(message);
    this.update(entry, {
      ...greatest(row, { lastSeq: seq, updatedAt: sendDate, seenSeq: from.id === this.#deps.user ? seq : 0 }),
      peer: this.#peerIn(row.peer, message),
      ...((last?.seq ?? 0) <= seq && { lastMessage: last?.seq === seq ? merged(last, message) : message }),
    });
    this.#deps.placed(message);
  }

  /** Everything up to `seq` is read. `readDate` undefined: the server does not know yet. */
  applyRead(entry: Entry, reader: string | undefined, { seq, readDate }: { seq: number; readDate?: number }): void {
    const { row } = entry;
    const own = reader === this.#deps.user;
    let { lastMessage } = row;
    if (readDate !== undefined && reader !== undefined) {
      const mark = { reader, seq, readDate, own };
      entry.messages?.mark(mark);
      lastMessage &&= marked(lastMessage, mark);
    }
    const marks = own ? { readSeq: seq, seenSeq: seq } : {};
    const peerReadSeq = row.peer?.id === reader ? seq : 0;
    this.update(entry, { ...greatest(row, { ...marks, peerReadSeq }), lastMessage });
  }

  /** The server knows it no longer. */
  forget(entry: Entry): void {
    entry.messages?.clear();
    entry.toldSeq = undefined;
    entry.row = emptyRow(entry.row.id);
    this.setStale(entry, 'no');
  }

  /** Who is called by the id was not known by name before. */
  #peerIn(known: User | null, { from, to }: Message): User | null {
    if (!to || (known && known.username !== known.id)) return known;
    return { ...(from.id === this.#deps.user ? to : from), avatar: known && known.avatar };
  }
}

/** From now on messages of this conversation are held. */
export function hold(entry: Entry): void {
  if (entry.messages !== undefined) return;
  entry.messages = createMessages();
  if (entry.row.lastMessage !== null) entry.messages.add(entry.row.lastMessage);
}

/** Of each number that is given, the greater one. */
function greatest(row: Conversation, next: object): Partial<Conversation> {
  const known = row as unknown as Record<string, unknown>;
  const numbers = Object.entries(next).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(numbers.map(([name, value]) => [name, Math.max(known[name] as number, value as number)]));
}

function emptyRow(id: string): Conversation {
  const none = { lastSeq: 0, revision: -1, readSeq: 0, seenSeq: 0, peerReadSeq: 0, unread: 0, updatedAt: 0 };
  return { id, peer: null, lastMessage: null, ...none, stale: false };
}
