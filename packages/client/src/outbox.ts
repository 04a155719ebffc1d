import { deferred } from './deferred.ts';
import type { Deferred } from './deferred.ts';
import { ClientError } from './errors.ts';
import { maxFrameBytes } from './frames.ts';
import type { AckFrame, ClientFrame, ErrorFrame, HelloFrame, PingFrame, TypingFrame } from './frames.ts';

/** A frame that is answered by `ack` or `error`. */
export type CommandFrame = Exclude<ClientFrame, HelloFrame | TypingFrame | PingFrame> & { readonly id: string };

export interface OutboxOptions {
  /** Frames sent and not answered, at most; the others wait here. */
  readonly window: number;
  /** Frames without an answer, at most; then `QUEUE_FULL`. */
  readonly capacity: number;
  /** How often a frame is sent again after a `temporary` error, at most. */
  readonly retries: number;
  /** Milliseconds before retry 0, 1, 2 … */
  readonly backoff: (attempt: number) => number;
}

interface Entry extends Deferred<AckFrame> {
  readonly text: string;
  retries: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  onWire: boolean;
}

/**
 * Frames that wait for their answer. They survive connections: whatever has no answer is sent again, same id, same
 * order, when the next one opens. Only an answer or `close` takes a frame out.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #entries = new Map<string, Entry>();
  #waiting: Entry[] = [];
  #onWire = 0;
  #transmit: ((text: string) => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the `ack`; rejects with `BAD_FRAME` where the frame is too long for any server. The very same frame
   * again, while it waits, is the same call.
   */
  add(frame: CommandFrame): Promise<AckFrame> {
    const text = JSON.stringify(frame);
    const same = this.#entries.get(frame.id);
    if (same?.text === text) return same.promise;
    if (same !== undefined) {
      return Promise.reject(new ClientError('IDEMPOTENCY_CONFLICT', `id ${frame.id} is in use by another frame`));
    }
    if (isTooLong(text)) {
      return Promise.reject(new ClientError('BAD_FRAME', `the frame is over ${maxFrameBytes} bytes`));
    }
    if (this.#entries.size >= this.#options.capacity) {
      return Promise.reject(new ClientError('QUEUE_FULL', `${this.#entries.size} frames wait for an answer`, true));
    }
    const entry: Entry = { text, ...deferred<AckFrame>(), retries: 0, timer: undefined, onWire: false };
    this.#entries.set(frame.id, entry);
    this.#waiting.push(entry);
    this.#pump();
    return entry.promise;
  }

  /** A connection is there: everything without an answer goes out again, in its first order. */
  opened(transmit: (text: string) => void): void {
    this.lost();
    this.#waiting = [...this.#entries.values()];
    this.#transmit = transmit;
    this.#pump();
  }

  /** The connection is gone. */
  lost(): void {
    this.#transmit = undefined;
    this.#onWire = 0;
    for (const entry of this.#entries.values()) this.#rest(entry);
  }

  /** False where no frame waits for this answer. */
  answered(answer: AckFrame | ErrorFrame): boolean {
    const entry = answer.id === undefined ? undefined : this.#entries.get(answer.id);
    if (answer.id === undefined || entry === undefined) return false;
    if (answer.type === 'error' && answer.temporary && entry.retries < this.#options.retries) {
      this.#retryLater(entry);
    } else {
      this.#entries.delete(answer.id);
      this.#takeOffWire(entry);
      if (answer.type === 'ack') entry.resolve(answer);
      else entry.reject(ClientError.fromFrame(answer));
    }
    this.#pump();
    return true;
  }

  /** Rejects everything that waits. */
  close(error: ClientError): void {
    this.lost();
    this.#waiting = [];
    for (const entry of this.#entries.values()) entry.reject(error);
    this.#entries.clear();
  }

  #pump(): void {
    const transmit = this.#transmit;
    if (transmit === undefined) return;
    const room = Math.max(0, this.#options.window - this.#onWire);
    for (const entry of this.#waiting.splice(0, room)) {
      entry.onWire = true;
      this.#onWire += 1;
      transmit(entry.text);
    }
  }

  #retryLater(entry: Entry): void {
    this.#takeOffWire(entry);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      this.#waiting.push(entry);
      this.#pump();
    }, this.#options.backoff(entry.retries));
    entry.retries += 1;
  }

  #takeOffWire(entry: Entry): void {
    if (entry.onWire) this.#onWire -= 1;
    this.#rest(entry);
  }

  #rest(entry: Entry): void {
    entry.onWire = false;
    clearTimeout(entry.timer);
    entry.timer = undefined;
  }
}

/** A frame that is too long is not answered, it ends the connection, and sent again it would end the next one too. */
function isTooLong(text: string): boolean {
  // A UTF-16 code unit is at most three bytes of UTF-8.
  return text.length * 3 > maxFrameBytes && new TextEncoder().encode(text).byteLength > maxFrameBytes;
}
