import { backoff, pause } from './backoff.ts';
import type { ClientEvents } from './client.ts';
import type { Conversations, Entry } from './conversations.ts';
import type { Emit } from './emitter.ts';
import { asClientError } from './errors.ts';
import type { Message, WelcomeFrame } from './frames.ts';
import { messageOf } from './parse.ts';
import type { EventFrame } from './parse.ts';
import type { GetOptions, ListItem, ListPage, Rest } from './rest.ts';

/** Items of a page that is fetched to mend a conversation, and of the friend list. */
const pageItems = 200;
/** Most events of a conversation that are held while it is mended; beyond it they are fetched once more. */
const maxHeld = 1_000;

export interface SyncDeps {
  readonly conversations: Conversations;
  readonly rest: Rest;
  readonly events: { readonly emit: Emit<ClientEvents> };
  readonly random: () => number;
  /** The `live` frame came, and the friend list is there. */
  caughtUp(): void;
}

/**
 * Keeps state and cursor together. The cursor is a place in the log up to which the state holds everything, but for
 * conversations that are stale: their frames are held until what they missed is fetched. They stay stale over as many
 * connections as that takes.
 */
export class Sync {
  cursor: string | undefined;
  gaps = 0;
  readonly #deps: SyncDeps;
  readonly #all: Conversations;
  /** The friend list was read from its begin. */
  #listed = false;
  /** All conversations are known: one that is not is new. */
  #whole = false;
  /** `before` of the friend list's next page. */
  #next: string | null = null;
  #live = false;
  #running = false;
  /** Of the connection. */
  #signal = AbortSignal.abort();

  constructor(deps: SyncDeps) {
    this.#deps = deps;
    this.#all = deps.conversations;
  }

  /** The place to go on from: what the state holds, or else that of the friend list, which is read first. */
  async prepare(signal: AbortSignal): Promise<string | undefined> {
    this.#signal = signal;
    this.#running = this.#live = false;
    if (this.#listed) return this.cursor;
    try {
      const { position } = await this.#readPage(null);
      // What came by a socket before is shown as of its own cursor, and goes on from there.
      this.cursor ??= position;
    } catch (error) {
      // Without REST messages can still be sent; the list is read as soon as there is one.
      if (asClientError(error).code === 'NOT_AUTHENTICATED') throw error;
    }
    return this.cursor;
  }

  welcome(frame: WelcomeFrame): void {
    const lost = !frame.recovered;
    if (lost) {
      this.cursor = frame.cursor;
      this.#listed = false;
    }
    for (const entry of this.#all.entries.values()) {
      entry.held = [];
      if (lost && entry.row.revision >= 0) this.#all.setStale(entry, 'untrusted');
    }
    void this.#catchUp();
  }

  event(frame: EventFrame): void {
    this.cursor = frame.cursor;
    this.#take(frame);
  }

  live(cursor: string): void {
    this.cursor = cursor;
    this.#live = true;
    if (this.#listed && !this.#running) this.#deps.caughtUp();
  }

  reset(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#all.entryOf(id);
      if (this.#whole) this.#tellFrom(entry, 0);
      this.#stalen(entry);
    }
  }

  /** The next page of the friend list; false where there is none. */
  async more(): Promise<boolean> {
    if (!this.#listed || this.#next !== null) this.#next = (await this.#readPage(this.#next)).next;
    return this.#next !== null;
  }

  /** Reads a page of the friend list, and mends what it names. */
  async #readPage(before: string | null): Promise<ListPage & { readonly position: string | undefined }> {
    const page = await this.#deps.rest.list({ ...this.#options(), query: { limit: pageItems, before } });
    for (const item of page.items) {
      const entry = this.#all.entryOf(item.conversation);
      const isNew = this.#whole && entry.row.revision < 0;
      if (isNew) this.#tellFrom(entry, 0);
      if (entry.stale !== 'no' || isNew) await this.#mend(entry, item);
      else this.#all.applyItem(item);
    }
    if (!this.#listed) this.#next = page.next;
    this.#listed = true;
    this.#whole ||= page.next === null;
    return page;
  }

  /** A conversation that missed something: the list's line, and the newest page where it missed messages. */
  async #mend(entry: Entry, item: ListItem): Promise<void> {
    const isNews = item.lastSeq !== entry.toldSeq || item.updatedAt !== entry.row.updatedAt;
    const page = isNews || entry.messages !== undefined ? await this.#newest(item.conversation) : [];
    this.#all.applyItem(item, page);
    this.#all.setStale(entry, 'no');
    this.#tellPage(entry, page);
    for (const frame of entry.held.splice(0)) this.#take(frame);
  }

  /** The newest messages; none where the server will never give them. */
  async #newest(conversation: string): Promise<readonly Message[]> {
    try {
      return await this.#deps.rest.messages(conversation, { ...this.#options(), query: { limit: pageItems } });
    } catch (error) {
      if (asClientError(error).temporary) throw error;
      return [];
    }
  }

  #options(): GetOptions {
    // The connection itself asks for another token.
    return { least: this.cursor, signal: this.#signal, renews: false };
  }

  /** Messages, newest first. */
  #tellPage(entry: Entry, page: readonly Message[]): void {
    for (const message of page) this.#all.applyMessage(entry, message);
    const before = page.at(-1)?.seq ?? 0;
    const after = entry.toldSeq ?? 0;
    if (before > after + 1) this.#deps.events.emit('hole', { conversation: entry.row.id, after, before });
    for (const message of [...page].reverse()) this.#tell(entry, message);
  }

  /** Nothing was told yet: begin after this seq. */
  #tellFrom(entry: Entry, seq: number): void {
    if (entry.row.revision < 0) entry.toldSeq ??= this.#whole ? 0 : seq;
  }

  #tell(entry: Entry, message: Message): void {
    if (message.seq <= (entry.toldSeq ?? 0)) return;
    entry.toldSeq = message.seq;
    this.#deps.events.emit('message', message);
  }

  #stalen(entry: Entry): void {
    if (entry.stale === 'no') this.#all.setStale(entry, 'incomplete');
    void this.#catchUp();
  }

  #stale(): Entry[] {
    return [...this.#all.entries.values()].filter(({ stale }) => stale !== 'no');
  }

  /** Fetches until nothing is stale. */
  async #catchUp(): Promise<void> {
    if (this.#running || this.#signal.aborted) return;
    const signal = this.#signal;
    this.#running = true;
    for (let attempt = 0; !this.#listed || this.#stale().length > 0; attempt += 1) {
      if (attempt > 0) await pause(backoff(attempt - 1, this.#deps.random), signal);
      await this.#walk(signal);
      // Another connection goes on with it.
      if (signal.aborted) return;
    }
    this.#running = false;
    if (this.#live) this.#deps.caughtUp();
  }

  /** Reads the friend list from its begin, until all that was stale has been found. What is known as a whole stays so. */
  async #walk(signal: AbortSignal): Promise<void> {
    const missing = new Set(this.#stale());
    try {
      let before: string | null = null;
      do {
        const page: ListPage = await this.#readPage(before);
        before = page.next;
        for (const { conversation } of page.items) missing.delete(this.#all.entryOf(conversation));
      } while (before !== null && (this.#whole || missing.size > 0));
      for (const entry of missing) this.#gone(entry);
    } catch (error) {
      if (!signal.aborted) this.#deps.events.emit('error', asClientError(error));
    }
  }

  /** The whole list does not have it: what came is all there is to know. */
  #gone(entry: Entry): void {
    const held = entry.held.splice(0);
    if (entry.stale === 'untrusted' || held.length === 0) this.#all.forget(entry);
    else this.#all.setStale(entry, 'no');
    for (const frame of held) this.#apply(entry, frame);
  }

  /** An event, in the order of its conversation or held back. */
  #take(frame: EventFrame): void {
    const entry = this.#all.entryOf(frame.conversation);
    if (frame.type === 'message') this.#tellFrom(entry, frame.seq - 1);
    if (entry.stale !== 'no') holdBack(entry, frame);
    else if (frame.revision <= entry.row.revision + 1) this.#apply(entry, frame);
    else this.#miss(entry, frame);
  }

  /** Something lies between what is known and this event. */
  #miss(entry: Entry, frame: EventFrame): void {
    if (entry.row.revision >= 0) this.gaps += 1;
    holdBack(entry, frame);
    this.#stalen(entry);
  }

  #apply(entry: Entry, frame: EventFrame): void {
    const { conversation, revision } = frame;
    const isNew = revision > entry.row.revision;
    if (isNew) this.#all.update(entry, { revision });
    if (frame.type === 'message') {
      const message = messageOf(frame);
      if (isNew || message.seq > (entry.toldSeq ?? 0)) this.#all.applyMessage(entry, message);
      this.#tell(entry, message);
    } else if (isNew && frame.type === 'read') {
      const { reader, seq, readDate } = frame;
      this.#all.applyRead(entry, reader, { seq, readDate });
      this.#deps.events.emit('read', { conversation, reader, seq, readDate });
    }
  }
}

function holdBack(entry: Entry, frame: EventFrame): void {
  entry.held.push(frame);
  if (entry.held.length > maxHeld) entry.held.shift();
}
