const acked = 1;
const failed = 2;
const toPeer = 4;
const toSelf = 8;
const complete = acked | toPeer | toSelf;

/** Whose socket a message arrived at. */
export const arrivals = { peer: toPeer, self: toSelf } as const;

/** `again`: twice. `never-sent`: an id that this sender did not use. */
export type Arrival = 'first' | 'again' | 'never-sent';

export interface LedgerTally {
  /** Acked and not delivered, counted for each socket that should have had it. */
  readonly lost: number;
  /** Neither acked nor refused. */
  readonly unanswered: number;
}

/**
 * Every message of one sender, by its number, from `send` until it was acked and delivered to both sides. A ring: memory
 * grows with what is open, not with what was sent.
 */
export class Ledger {
  #flags = new Uint8Array(64);
  #sentAt = new Float64Array(64);
  #seqs = new Float64Array(64);
  #sent = 0;
  /** Everything below it is complete. */
  #oldest = 0;
  #mismatched = 0;

  get sent(): number {
    return this.#sent;
  }

  /** Nothing is open. */
  get settled(): boolean {
    return this.#oldest === this.#sent;
  }

  /** Messages that were acked under one seq and delivered under another. */
  get mismatched(): number {
    return this.#mismatched;
  }

  /** Notes a message; gives its number. */
  send(at: number): number {
    if (this.#sent - this.#oldest === this.#flags.length) this.#grow();
    const number = this.#sent++;
    const slot = this.#slot(number);
    this.#flags[slot] = 0;
    this.#seqs[slot] = 0;
    this.#sentAt[slot] = at;
    return number;
  }

  /** When an open message was sent; undefined for any other. */
  sentAt(number: number): number | undefined {
    return this.#isOpen(number) ? this.#sentAt[this.#slot(number)] : undefined;
  }

  ack(number: number, seq: number): void {
    if (!this.#isOpen(number)) return;
    this.#agree(number, seq);
    this.#mark(number, acked);
  }

  /** Refused. Where the outcome is unknown it may still be delivered, so it stays open. */
  fail(number: number, outcomeUnknown: boolean): void {
    if (this.#isOpen(number)) this.#mark(number, outcomeUnknown ? failed : failed | complete);
  }

  arrive(number: number, where: number, seq: number): Arrival {
    if (!(number >= 0 && number < this.#sent)) return 'never-sent';
    if (number < this.#oldest || this.#has(number, where)) return 'again';
    this.#agree(number, seq);
    this.#mark(number, where);
    return 'first';
  }

  /** Numbers of the messages without an answer, in their order. */
  unanswered(): number[] {
    const numbers: number[] = [];
    for (let number = this.#oldest; number < this.#sent; number += 1) {
      if (!this.#has(number, acked) && !this.#has(number, failed)) numbers.push(number);
    }
    return numbers;
  }

  tally(): LedgerTally {
    let lost = 0;
    for (let number = this.#oldest; number < this.#sent; number += 1) {
      if (!this.#has(number, acked)) continue;
      if (!this.#has(number, toPeer)) lost += 1;
      if (!this.#has(number, toSelf)) lost += 1;
    }
    return { lost, unanswered: this.unanswered().length };
  }

  #agree(number: number, seq: number): void {
    const slot = this.#slot(number);
    if (this.#seqs[slot] === 0) this.#seqs[slot] = seq;
    else if (this.#seqs[slot] !== seq) this.#mismatched += 1;
  }

  #mark(number: number, flags: number): void {
    const slot = this.#slot(number);
    this.#flags[slot] = (this.#flags[slot] ?? 0) | flags;
    while (this.#oldest < this.#sent && this.#has(this.#oldest, complete)) this.#oldest += 1;
  }

  #has(number: number, flags: number): boolean {
    return ((this.#flags[this.#slot(number)] ?? 0) & flags) === flags;
  }

  #isOpen(number: number): boolean {
    return number >= this.#oldest && number < this.#sent;
  }

  /** The ring's length is a power of two. */
  #slot(number: number): number {
    return number & (this.#flags.length - 1);
  }

  #grow(): void {
    const old = { flags: this.#flags, sentAt: this.#sentAt, seqs: this.#seqs };
    const mask = old.flags.length - 1;
    this.#flags = new Uint8Array(old.flags.length * 2);
    this.#sentAt = new Float64Array(this.#flags.length);
    this.#seqs = new Float64Array(this.#flags.length);
    for (let number = this.#oldest; number < this.#sent; number += 1) {
      const slot = this.#slot(number);
      this.#flags[slot] = old.flags[number & mask] ?? 0;
      this.#sentAt[slot] = old.sentAt[number & mask] ?? 0;
      this.#seqs[slot] = old.seqs[number & mask] ?? 0;
    }
  }
}
