import type { Checkpoint } from './read-model.ts';

/**
 * Where several processes may run the same consumer of the log, one at a time works on a share of the streams: the one
 * that holds the share's lease.
 */
export interface Lease {
  /**
   * Takes the share where nobody holds it. From then on the lease renews itself, so that a long batch does not lose it.
   * Where it is held already, nothing happens.
   *
   * Throws `LeaseHeldError` while somebody else holds it, `ReadModelUnavailableError` where the store gives no answer
   * or does not let this program write, also as what it holds is of another version.
   */
  acquire(): Promise<void>;
  /** True while nobody else can hold it, by this process's monotonic clock. */
  held(): boolean;
  /** How far the share was applied, position 0 where it never was. Takes nothing and renews nothing. */
  place(): Promise<Checkpoint>;
  /**
   * Moves the share's place on, which must not be behind it. Throws `ReadModelUnavailableError` where the lease was lost: nothing has
   * moved then.
   */
  advance(to: Checkpoint): Promise<void>;
  /** Gives it back, so that nobody waits for its end, and takes it no more. Never rejects. Safe to call twice. */
  release(): Promise<void>;
}

/** Somebody else holds the share. The message names the holder. The same succeeds once that one has ended. */
export class LeaseHeldError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LeaseHeldError';
  }
}
