/** Without word of the end of a scroll it is taken for over after this, milliseconds. */
const quietMs = 150;

interface MotionEvents {
  /** Scrolled. True: by the reader. */
  readonly onScroll: () => boolean;
  /** No finger, wheel or scrollbar moves the rows any more. */
  readonly onRest: () => void;
}

/** Whether the reader moves the rows right now. */
export class Motion {
  #scrolling = false;
  #touching = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #events: MotionEvents;

  constructor(events: MotionEvents) {
    this.#events = events;
  }

  get isOn(): boolean {
    return this.#scrolling || this.#touching;
  }

  watch(view: HTMLElement, signal: AbortSignal): void {
    const listen = (event: string, listener: () => void): void =>
      view.addEventListener(event, listener, { signal, passive: true });
    listen('scroll', () => {
      if (!this.#events.onScroll()) return;
      this.#scrolling = true;
      this.#restSoon();
    });
    listen('scrollend', () => this.#rest());
    listen('touchstart', () => (this.#touching = true));
    for (const event of ['touchend', 'touchcancel']) {
      listen(event, () => {
        this.#touching = false;
        this.#restSoon();
      });
    }
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  #restSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(), quietMs);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#touching || !this.#scrolling) return;
    this.#scrolling = false;
    this.#events.onRest();
  }
}
