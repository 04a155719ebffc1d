import type { Presence } from './client.ts';
import type { PresenceFrame, TypingEventFrame, TypingFrame } from './frames.ts';
import { createView } from './view.ts';

/** Whoever types says so again after this, milliseconds. */
const repeatMs = 4_000;
/** Who has not said so for this long no longer types, milliseconds. */
const forgetMs = 8_000;

type Timer = ReturnType<typeof setTimeout>;

export interface TypingDeps {
  readonly transmit: (frame: TypingFrame) => boolean;
  /** Something of this conversation is new. */
  changed(conversation: string): void;
}

/** Who types where: this user to others, and others here. Nothing of it outlives the connection. */
export class Typing {
  readonly #deps: TypingDeps;
  readonly #own = new Map<string, Timer>();
  /** By conversation, then user. */
  readonly #others = new Map<string, Map<string, Timer>>();

  constructor(deps: TypingDeps) {
    this.#deps = deps;
  }

  /** Those who type there. */
  of(conversation: string): readonly string[] {
    return [...(this.#others.get(conversation)?.keys() ?? [])];
  }

  /** This user types, or stopped. */
  say(conversation: string, on: boolean): void {
    if (on && !this.#own.has(conversation)) this.#repeat(conversation);
    else if (!on && this.quiet(conversation)) this.#deps.transmit({ type: 'typing', conversation, on });
  }

  /** No longer repeats it: receivers know. */
  quiet(conversation: string): boolean {
    clearTimeout(this.#own.get(conversation));
    return this.#own.delete(conversation);
  }

  heard({ conversation, user, on }: TypingEventFrame): void {
    if (!on) {
      this.drop(conversation, user);
      return;
    }
    const users = this.#others.get(conversation) ?? new Map<string, Timer>();
    this.#others.set(conversation, users);
    clearTimeout(users.get(user));
    const isNew = !users.has(user);
    const timer = setTimeout(() => this.drop(conversation, user), forgetMs);
    users.set(user, timer);
    if (isNew) this.#deps.changed(conversation);
  }

  drop(conversation: string, user: string): void {
    const users = this.#others.get(conversation);
    clearTimeout(users?.get(user));
    if (users?.delete(user) !== true) return;
    if (users.size === 0) this.#others.delete(conversation);
    this.#deps.changed(conversation);
  }

  down(): void {
    for (const conversation of [...this.#own.keys()]) this.quiet(conversation);
    for (const conversation of [...this.#others.keys()]) {
      for (const user of this.of(conversation)) this.drop(conversation, user);
    }
  }

  #repeat(conversation: string): void {
    this.#deps.transmit({ type: 'typing', conversation, on: true });
    const timer = setTimeout(() => this.#repeat(conversation), repeatMs);
    this.#own.set(conversation, timer);
  }
}

/** Who is there. Unknown while the connection is not live. */
export class Presences {
  readonly view;
  #users: ReadonlyMap<string, Presence> = new Map();
  /** The first frame of a connection has all. */
  #begun = false;

  constructor(isLive: () => boolean) {
    const unknown: ReadonlyMap<string, Presence> = new Map();
    this.view = createView(() => (isLive() ? this.#users : unknown));
  }

  heard({ users }: PresenceFrame): void {
    const next = new Map(this.#begun ? this.#users : []);
    for (const one of users) next.set(one.user, one);
    this.#users = next;
    this.#begun = true;
    this.view.changed();
  }

  up(): void {
    this.#begun = false;
    this.#users = new Map();
  }
}
