import { uuidV7 } from '../uuid-v7.ts';
import { createView } from '../view.ts';
import type { Draft, Keeper, KeeperDeps, KeptMessage, Shelf, Storage } from './storage.ts';

/** Web Locks, where the page has them: browsers, not over plain http. */
interface Locks {
  request(name: string, options: { signal: AbortSignal }, held: () => Promise<unknown>): Promise<unknown>;
}

/** Keeps messages on a shelf that all tabs of the user share. */
export function storageOn(shelf: Shelf): Storage {
  return (client) => new TabKeeper(shelf, client);
}

/**
 * Keeps messages until they are sent, and takes over those of tabs that are closed: a tab holds a lock for as long as it
 * lives. Where there are no locks every tab takes over everything, which sends some twice and stores them once.
 */
class TabKeeper implements Keeper {
  readonly view = createView(() => ({ durable: this.#durable }));
  readonly #deps: KeeperDeps;
  readonly #tab = uuidV7();
  readonly #locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
  #durable = true;
  readonly #shelf: Shelf;
  #order = 0;
  /** One after the other, so that what is removed was put before. */
  #queue: Promise<unknown> = Promise.resolve();
  #life: AbortController | undefined;
  readonly #watched = new Set<string>();

  constructor(shelf: Shelf, deps: KeeperDeps) {
    this.#shelf = shelf;
    this.#deps = deps;
  }

  keep(draft: Draft, kept: () => void): void {
    const { user } = this.#deps;
    if (user !== undefined) void this.#put({ ...draft, user }).then((done) => done && kept());
  }

  unkeep(id: string): void {
    void this.#run((shelf) => shelf.remove(id));
  }

  start(): void {
    const { user } = this.#deps;
    if (user === undefined) return;
    if (this.#life === undefined) {
      const { signal } = (this.#life = new AbortController());
      this.#lock(user, this.#tab, () => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    }
    void this.#takeOver(user);
  }

  stop(): void {
    this.#life?.abort();
    this.#life = undefined;
    this.#watched.clear();
  }

  async #takeOver(user: string): Promise<void> {
    const found = await this.#load(user, (tab) => tab !== this.#tab && !this.#watched.has(tab));
    if (this.#locks === undefined) found.forEach((message) => this.#deps.outbox.adopt(message));
    else for (const tab of new Set(found.map((message) => message.tab))) this.#await(user, tab);
  }

  /** Takes a tab's messages over once it is closed. */
  #await(user: string, tab: string): void {
    this.#watched.add(tab);
    this.#lock(user, tab, async () => {
      for (const message of await this.#load(user, (one) => one === tab)) {
        this.#deps.outbox.adopt(message);
        await this.#put(message);
      }
      this.#watched.delete(tab);
    });
  }

  #lock(user: string, tab: string, held: () => Promise<unknown>): void {
    const signal = this.#life?.signal;
    if (signal === undefined) return;
    this.#locks?.request(`weiliao:${user}:${tab}`, { signal }, held).catch(() => undefined);
  }

  async #load(user: string, of: (tab: string) => boolean): Promise<KeptMessage[]> {
    const found = (await this.#run((shelf) => shelf.load(user))) ?? [];
    return found.filter(({ tab }) => of(tab)).sort((a, b) => a.sendDate - b.sendDate || a.order - b.order);
  }

  /** As this tab's, in its order. True once it is kept. */
  async #put(message: Omit<KeptMessage, 'tab' | 'order'>): Promise<boolean> {
    const own = { ...message, tab: this.#tab, order: this.#order++ };
    const done = await this.#run((shelf) => shelf.put(own).then(() => true));
    return done === true;
  }

  #run<T>(work: (shelf: Shelf) => Promise<T>): Promise<T | undefined> {
    const done = this.#queue
      .then(() => work(this.#shelf))
      .then(
        (value) => {
          this.#become(true);
          return value;
        },
        // The message lives on in memory.
        () => this.#become(false),
      );
    this.#queue = done;
    return done as Promise<T | undefined>;
  }

  #become(durable: boolean): void {
    if (this.#durable === durable) return;
    this.#durable = durable;
    this.view.changed();
  }
}
