import { write, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Bytes that wait at most, while a disk is full or nobody reads: some thousand lines. */
const maxWaiting = 1024 * 1024;
/** Bytes of a write: a pipe takes so many as a whole or not at all, so threads do not cut each other's lines. */
const maxWrite = 4_096;
/** Milliseconds until a write that came to nothing is tried again, at first and at last. */
const retry = { least: 1, most: 100 };
/** Milliseconds that the last lines get, where they cannot be written at once. */
const lastMs = 1_000;

/**
 * Writes lines to a file descriptor without ever waiting for it. Pino's own output writes at once, and tries again on the
 * spot for as long as a disk is full or a reader does not read: meanwhile nothing else runs, signals included.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #onRoom: (dropped: number) => void;
  readonly #waiting: string[] = [];
  readonly #flushed: (() => void)[] = [];
  /** Of the write that is under way, or to be tried again. */
  #rest = Buffer.alloc(0);
  /** Bytes of `#waiting` and `#rest`. */
  #size = 0;
  #state: 'idle' | 'writing' | 'retrying' = 'idle';
  #retryMs = retry.least;
  #dropped = 0;
  #told = 0;

  /** `onRoom`: told how many lines were dropped, once there is room again. */
  constructor(fd: number, onRoom: (dropped: number) => void) {
    this.#fd = fd;
    this.#onRoom = onRoom;
    process.once('exit', () => this.#writeLast());
  }

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Never waits and never throws. A line that there is no room for is dropped. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#size + bytes > maxWaiting) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#size += bytes;
    if (this.#state === 'idle') this.#next();
  }

  /** Calls back once all is written, or after a second: the process must come to its end. */
  flush(done: () => void): void {
    if (this.#state === 'idle') {
      done();
      return;
    }
    const timer = setTimeout(done, lastMs);
    this.#flushed.push(() => {
      clearTimeout(timer);
      done();
    });
  }

  #next(): void {
    if (this.#rest.length === 0) this.#rest = Buffer.from(this.#waiting.splice(0, this.#linesOfAWrite()).join(''));
    if (this.#rest.length === 0) {
      this.#state = 'idle';
      for (const done of this.#flushed.splice(0)) done();
      return;
    }
    this.#state = 'writing';
    write(this.#fd, this.#rest, (error, written) => {
      if (error === null) this.#wrote(written);
      else this.#later();
    });
  }

  #linesOfAWrite(): number {
    let bytes = 0;
    const beyond = this.#waiting.findIndex((line) => (bytes += Buffer.byteLength(line)) > maxWrite);
    return beyond === -1 ? this.#waiting.length : Math.max(1, beyond);
  }

  #wrote(bytes: number): void {
    this.#retryMs = retry.least;
    this.#rest = this.#rest.subarray(bytes);
    this.#size -= bytes;
    const untold = this.#dropped - this.#told;
    if (untold > 0 && this.#size < maxWaiting / 2) {
      this.#told = this.#dropped;
      this.#onRoom(untold);
    }
    this.#next();
  }

  #later(): void {
    this.#state = 'retrying';
    setTimeout(() => this.#next(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, retry.most);
  }

  #writeLast(): void {
    // What is being written must not be written twice.
    const last = [this.#state === 'writing' ? '' : this.#rest.toString(), ...this.#waiting].join('');
    try {
      writeSync(this.#fd, last);
    } catch {
      // There is nobody to be told.
    }
  }
}

/**
 * Standard output, as a descriptor whose writes come back at once: where a pipe or a terminal takes no more, they fail.
 * Node makes it so for pipes; for a terminal the way is not documented, and is not missed where it is not there.
 */
export function unblockedStdout(): number {
  if (!isMainThread) return 1;
  const { _handle: handle } = process.stdout as { _handle?: { setBlocking?(on: boolean): void } };
  if (process.stdout.isTTY) handle?.setBlocking?.(false);
  return 1;
}
