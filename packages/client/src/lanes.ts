import { backoff } from './backoff.ts';

/** What has no answer is sent again after this, milliseconds. */
const answerMs = 30_000;

interface Lane<T> {
  readonly items: T[];
  attempt: number;
  /** Runs while an answer, or the end of a pause, is awaited. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * What waits to be sent, in lanes: of each, one is on its way at most, so that they arrive in their order. `transmit` is
 * false where there is no connection.
 */
export class Lanes<T> {
  readonly #transmit: (item: T) => boolean;
  readonly #random: () => number;
  readonly #lanes = new Map<string, Lane<T>>();

  constructor(transmit: (item: T) => boolean, random: () => number) {
    this.#transmit = transmit;
    this.#random = random;
  }

  add(key: string, item: T): void {
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = { items: [], attempt: 0, timer: undefined }));
    lane.items.push(item);
    this.#next(key, lane);
  }

  /** It was answered, or is not to be sent: the next one goes. */
  remove(key: string, item: T): void {
    const lane = this.#lanes.get(key);
    const at = lane?.items.indexOf(item) ?? -1;
    if (lane === undefined || at < 0) return;
    lane.items.splice(at, 1);
    if (at > 0) return;
    lane.attempt = 0;
    this.#resume(key, lane);
  }

  /** A temporary refusal: the lane pauses, then the same one goes again. */
  pause(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane !== undefined) this.#resumeIn(key, lane, backoff(lane.attempt++, this.#random));
  }

  /** Forgets what waits, and all pauses. */
  clear(): void {
    for (const { timer } of this.#lanes.values()) clearTimeout(timer);
    this.#lanes.clear();
  }

  #next(key: string, lane: Lane<T>): void {
    const [item] = lane.items;
    if (item === undefined) this.#lanes.delete(key);
    else if (lane.timer === undefined && this.#transmit(item)) this.#resumeIn(key, lane, answerMs);
  }

  #resumeIn(key: string, lane: Lane<T>, ms: number): void {
    clearTimeout(lane.timer);
    lane.timer = setTimeout(() => this.#resume(key, lane), ms);
  }

  #resume(key: string, lane: Lane<T>): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    this.#next(key, lane);
  }
}
