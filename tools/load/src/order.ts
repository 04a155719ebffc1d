/**
 * Checks what one socket gets of one conversation: seqs without gaps, each sender's messages in the order they were sent.
 * The first seq seen is where the check begins: the conversation may be older than the run.
 */
export class OrderCheck {
  #lastSeq = 0;
  #missing = 0;
  #outOfOrder = 0;
  /** Highest number so far, of the peer and of the user. */
  readonly #lastNumber = [-1, -1];

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Seqs that were jumped over and did not come later. */
  get missing(): number {
    return this.#missing;
  }

  get outOfOrder(): number {
    return this.#outOfOrder;
  }

  /** A message's first arrival. `sender` is 0 or 1. */
  arrive(seq: number, sender: 0 | 1, number: number): void {
    const last = this.#lastNumber[sender] ?? -1;
    if (seq <= this.#lastSeq) {
      this.#outOfOrder += 1;
      this.#missing -= 1;
    } else if (number < last) this.#outOfOrder += 1;
    this.skipTo(seq);
    this.#lastNumber[sender] = Math.max(number, last);
  }

  /** A message that nobody in this run sent takes its seq all the same. */
  skipTo(seq: number): void {
    if (seq <= this.#lastSeq) return;
    if (this.#lastSeq > 0) this.#missing += seq - this.#lastSeq - 1;
    this.#lastSeq = seq;
  }
}
