import { messageIn, rowsIn, topOf } from './drawn-rows.ts';
import { Motion } from './motion.ts';
import { RowHeights } from './row-heights.ts';

/** Where the reader is: so far from the end, or with the message of this row so far below the upper edge. Pixels. */
export type Place = { readonly end: number } | { readonly row: number; readonly top: number };

/** Rows that are drawn, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Whoever is so near to the end follows it. Pixels. */
const nearEnd = 80;
/** A guess at the height of a row. */
const estimate = 62;

interface Parts {
  /** What scrolls. */
  readonly view: HTMLElement;
  /** As high as all rows together. */
  readonly canvas: HTMLElement;
  /** The rows that are drawn, one below the other. */
  readonly block: HTMLElement;
}

/**
 * Keeps the message under the reader where it is, whatever changes above or below it. While a finger, a wheel or a
 * scrollbar moves the rows, the place in the scroll range is not touched: what is drawn drifts instead, and the drift is
 * made good when the movement is over.
 */
export class Scroller {
  readonly heights = new RowHeights(estimate);
  place: Place = { end: 0 };
  count = 0;
  #range: Range = { first: 0, last: -1 };
  #parts: Parts | undefined;
  #width = 0;
  #isPlaced = false;
  #toldAtEnd = true;
  #drift = 0;
  /** The scroll offset that was set last: its event is not the reader's doing. */
  #own = -1;
  readonly #motion = new Motion({ onScroll: () => this.#scrolled(), onRest: () => this.#rested() });
  readonly #listeners = new Set<() => void>();

  attach(parts: Parts): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const { view } = parts;
    this.#parts = parts;
    this.#motion.watch(view, signal);
    const sizes = new ResizeObserver(() => this.#resized());
    sizes.observe(view);
    sizes.observe(parts.block);
    return () => {
      stop.abort();
      sizes.disconnect();
      this.#parts = undefined;
    };
  }

  /** The end is in view, or nearly so. */
  get isAtEnd(): boolean {
    const height = this.#parts?.view.clientHeight ?? 0;
    return 'end' in this.place || this.#most(height) - this.#offset() <= nearEnd;
  }

  /** Rows from `screens` above what is seen to as many below it. */
  around(screens: number): Range {
    const offset = this.#offset();
    const height = this.#parts?.view.clientHeight ?? 0;
    const first = Math.max(0, this.heights.rowAt(Math.max(0, offset - screens * height), this.count));
    return { first, last: this.heights.rowAt(offset + (1 + screens) * height, this.count) };
  }

  /** Rows to draw. */
  readonly range = (): Range => this.#range;

  /** Tells when the rows to draw are others, and when the reader has moved. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Another number of rows. Who is at the end follows it; `first`: who has no place yet gets this one. */
  update(count: number, first: ((height: number) => Place) | undefined): void {
    const isMore = count > this.count;
    this.count = count;
    if (!this.#isPlaced && first !== undefined && count > 0) {
      this.#isPlaced = true;
      this.place = first(this.#parts?.view.clientHeight ?? 0);
    } else if (isMore && this.isAtEnd) this.place = { end: 0 };
    this.layout();
  }

  go(place: Place): void {
    this.place = place;
    this.layout();
  }

  /** As little as is needed to see the whole row. */
  reveal(row: number): void {
    const height = this.#parts?.view.clientHeight ?? 0;
    const top = this.heights.offsetOf(row) - this.#offset();
    const lowest = Math.max(0, height - this.heights.get(row));
    if (row >= this.count - 1) this.go({ end: 0 });
    else if (top < 0 || top > lowest) this.go({ row, top: top < 0 ? 0 : lowest });
  }

  /** After each drawing: measures, and puts the reader's message where it was. */
  layout(): void {
    const parts = this.#parts;
    // Nothing is seen of it, as on a phone that shows the list.
    if (parts === undefined || parts.view.clientHeight === 0) return;
    const { view, canvas } = parts;
    for (const row of rowsIn(this.#parts?.block))
      this.heights.set(row.index, row.element.getBoundingClientRect().height);
    canvas.style.height = `${this.heights.offsetOf(this.count)}px`;
    const wanted = this.#wanted(view);
    const isHeld = this.#motion.isOn;
    this.#drift = isHeld ? view.scrollTop - wanted : 0;
    this.#draw();
    if (!isHeld) this.#scrollTo(view, wanted);
    this.#chooseRange();
    if (this.isAtEnd !== this.#toldAtEnd) this.#tell();
  }

  #scrollTo(view: HTMLElement, offset: number): void {
    if (Math.abs(view.scrollTop - offset) <= 0.4) return;
    view.scrollTop = offset;
    this.#own = view.scrollTop;
  }

  /** Offset of the upper edge, as if there were no drift. */
  #offset(): number {
    return (this.#parts?.view.scrollTop ?? 0) - this.#drift;
  }

  /** Offset of the upper edge where the end is in view. */
  #most(height: number): number {
    return this.heights.offsetOf(this.count) - height;
  }

  #draw(): void {
    const { block } = this.#parts ?? {};
    if (block === undefined) return;
    const top = this.heights.offsetOf(this.#range.first);
    block.style.top = `${top + this.#drift}px`;
    for (const { element, index } of rowsIn(this.#parts?.block)) {
      // A row with the focus stays, however far it is.
      const apart = index < this.#range.first || index > this.#range.last;
      element.style.top = apart ? `${this.heights.offsetOf(index) - top}px` : '';
    }
  }

  #wanted(view: HTMLElement): number {
    const most = this.#most(view.clientHeight);
    const { place } = this;
    const wanted = 'end' in place ? most - place.end : this.#topOf(place.row) - place.top;
    return Math.max(0, Math.min(wanted, most));
  }

  /** Offset of the message of a row: what else stands in the row, above the message, may come and go. */
  #topOf(row: number): number {
    const element = rowsIn(this.#parts?.block).find(({ index }) => index === row)?.element;
    const message = element === undefined ? null : messageIn(element);
    const within = message === null || element === undefined ? 0 : topOf(message) - topOf(element);
    return this.heights.offsetOf(row) + within;
  }

  #chooseRange(): void {
    const needed = this.around(0.5);
    const { first, last } = this.#range;
    const best = this.around(1);
    const isEnough = needed.first >= first && needed.last <= last && last < this.count;
    if (best.first === first && best.last === last) return;
    if (isEnough && last - first <= 3 * (best.last - best.first + 1)) return;
    this.#range = best;
    this.#tell();
  }

  #scrolled(): boolean {
    const { view } = this.#parts ?? {};
    if (view === undefined || Math.abs(view.scrollTop - this.#own) < 1) return false;
    this.#own = -1;
    this.#findPlace(view);
    this.#chooseRange();
    this.#tell();
    return true;
  }

  #findPlace(view: HTMLElement): void {
    const offset = this.#offset();
    const end = this.#most(view.clientHeight) - offset;
    if (end <= nearEnd) {
      this.place = { end: Math.max(0, end) };
      return;
    }
    const edge = topOf(view);
    for (const { element, index } of rowsIn(this.#parts?.block)) {
      const message = messageIn(element);
      if (message === null || index < this.#range.first || index > this.#range.last) continue;
      const { top, bottom } = message.getBoundingClientRect();
      if (bottom <= edge || top >= edge + view.clientHeight) continue;
      this.place = { row: index, top: top - edge };
      return;
    }
    const row = this.heights.rowAt(offset, this.count);
    this.place = { row, top: this.heights.offsetOf(row) - offset };
  }

  #tell(): void {
    this.#toldAtEnd = this.isAtEnd;
    for (const listener of [...this.#listeners]) listener();
  }

  #rested(): void {
    this.layout();
    this.#tell();
  }

  #resized(): void {
    const width = this.#parts?.view.clientWidth ?? 0;
    if (width !== this.#width && this.#width !== 0) this.heights.clear();
    this.#width = width;
    this.layout();
  }
}
