/**
 * Which events were delivered: the newest revision per conversation. Bounded: the conversation that was quiet for longest
 * is forgotten first, and the cursor alone then keeps its events from coming twice.
 */
export class Seen {
  readonly #newest = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** True where the event is new; it counts as delivered from now on. */
  admit(conversation: string, revision: number): boolean {
    const newest = this.#newest.get(conversation) ?? -1;
    if (revision <= newest) return false;
    this.#newest.delete(conversation);
    this.#newest.set(conversation, revision);
    if (this.#newest.size > this.#capacity) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const conversation of this.#newest.keys()) {
      this.#newest.delete(conversation);
      return;
    }
  }
}
