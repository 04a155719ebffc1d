import type { ReadModelQueries } from '../read-model/read-model.ts';
import { WeiliaoError } from '../errors.ts';

/** Milliseconds between two looks at the checkpoint, while somebody waits. */
const pollMs = 3;
/** Milliseconds that a query waits for what it was promised, then 503. */
const hardMs = 2_000;
/** Milliseconds that a query waits for what its user may expect, then it answers with what is there. */
const softMs = 250;

export interface Expectation {
  /** `Weiliao-Min-Position`: promised. */
  readonly atLeast: number | undefined;
  /** Position worth a short wait: what the user has seen already. */
  readonly hoped: number;
}

/** Holds queries back until the read model has caught up with what its readers know. */
export interface Freshness {
  /**
   * Resolves when the read model has reached the floor and `atLeast`, and, if that happens within 250 ms, `hoped`.
   * Throws `READ_MODEL_BEHIND` after 2 s, `ReadModelUnavailableError` where the read model gives no answer.
   */
  reached(expectation: Expectation): Promise<void>;
  /** A command reached this position and its client was told so. */
  acknowledged(position: number): void;
  /** The greatest position acknowledged so far: the hope of clients that cannot name one. */
  newest(): number;
}

interface Waiter {
  readonly position: number;
  readonly resolve: (reached: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Checkpoints only grow, so the highest one seen answers most queries without a look at the store. */
export function createFreshness(readModel: Pick<ReadModelQueries, 'checkpoint'>, floor: () => number): Freshness {
  const waiters = new Set<Waiter>();
  let known = 0;
  let newest = 0;
  let polling = false;

  /** One loop for all who wait, ended when nobody does. */
  async function poll(): Promise<void> {
    polling = true;
    try {
      while (waiters.size > 0) {
        known = Math.max(known, await readModel.checkpoint());
        for (const waiter of waiters) if (waiter.position <= known) waiter.resolve(true);
        if (waiters.size > 0) await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
    } finally {
      polling = false;
    }
  }

  function wait(position: number, timeoutMs: number): Promise<boolean> {
    if (position <= known) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
      };
      const waiter: Waiter = {
        position,
        resolve(reached) {
          leave();
          resolve(reached);
        },
        reject(error) {
          leave();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      const timer = setTimeout(() => waiter.resolve(false), timeoutMs);
      waiters.add(waiter);
      if (!polling) void poll();
    });
  }

  return {
    async reached({ atLeast = 0, hoped }) {
      const [reached] = await Promise.all([wait(Math.max(atLeast, floor()), hardMs), wait(hoped, softMs)]);
      if (!reached) throw new WeiliaoError('READ_MODEL_BEHIND', 'the read model has not caught up yet');
    },
    acknowledged(position) {
      newest = Math.max(newest, position);
    },
    newest: () => newest,
  };
}
