/** Sums reach up to so many rows: 2^bits. */
const bits = 30;

/**
 * Heights of rows, in pixels: an estimate until a row was measured. Tells the offset of a row and the row at an offset in
 * a few steps, however many rows there are; only what was measured takes room.
 */
export class RowHeights {
  readonly #estimate: number;
  readonly #heights = new Map<number, number>();
  /** A Fenwick tree of how much the measured heights differ from the estimate. */
  readonly #sums = new Map<number, number>();

  constructor(estimate: number) {
    this.#estimate = estimate;
  }

  get(row: number): number {
    return this.#heights.get(row) ?? this.#estimate;
  }

  isMeasured(row: number): boolean {
    return this.#heights.has(row);
  }

  set(row: number, height: number): void {
    const more = height - this.get(row);
    this.#heights.set(row, height);
    if (more === 0) return;
    for (let at = row + 1; at <= 2 ** bits; at += at & -at) this.#sums.set(at, (this.#sums.get(at) ?? 0) + more);
  }

  /** Nothing was measured. */
  clear(): void {
    this.#heights.clear();
    this.#sums.clear();
  }

  /** Height of all rows before this one. */
  offsetOf(row: number): number {
    let sum = row * this.#estimate;
    for (let at = row; at > 0; at -= at & -at) sum += this.#sums.get(at) ?? 0;
    return sum;
  }

  /** The row that holds this offset; the last one where there is none so far down, -1 where there is none at all. */
  rowAt(offset: number, count: number): number {
    let row = 0;
    let rest = offset;
    for (let step = 2 ** (bits - 1); step >= 1; step /= 2) {
      const next = row + step;
      if (next > count) continue;
      const height = step * this.#estimate + (this.#sums.get(next) ?? 0);
      if (height > rest) continue;
      row = next;
      rest -= height;
    }
    return Math.min(row, count - 1);
  }
}
