import type { ReadModelQueries } from '../read-model/read-model.ts';
import { WeiliaoError } from '../shared/errors.ts';

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

export interface Reached {
  /** False: `hoped` was not reached, so what is not found may be there in a moment. */
  readonly met: boolean;
  /** What is read from now on holds everything up to this position, and perhaps more. */
  readonly position: number;
}

export function readModelBehind(): WeiliaoError {
  return new WeiliaoError('READ_MODEL_BEHIND', 'the read model has not caught up yet');
}

/** Holds queries back until the read model has caught up with what its readers know. */
export interface Freshness {
  /**
   * Resolves when the read model has reached the floor and `atLeast`, and, if that happens within 250 ms, `hoped`.
   *
   * Throws `READ_MODEL_BEHIND` after 2 s, `ReadModelUnavailableError` where the read model gives no answer.
   */
  reached(expectation: Expectation): Promise<Reached>;
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

/** Queries that wait for a position: one loop looks for all of them, and ends when nobody waits. */
function createWaitingRoom(checkpoint: () => Promise<number>) {
  const waiters = new Set<Waiter>();
  let polling = false;

  async function poll(): Promise<void> {
    polling = true;
    try {
      while (waiters.size > 0) {
        await new Promise((resolve) => setTimeout(resolve, pollMs));
        const position = await checkpoint();
        for (const waiter of waiters) if (waiter.position <= position) waiter.resolve(true);
      }
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
    } finally {
      polling = false;
    }
  }

  /** Resolves to whether the position was reached in time. */
  return function wait(position: number, timeoutMs: number): Promise<boolean> {
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
  };
}

/**
 * Every query that expects anything looks at the checkpoint: it may also go back, where a read model is begun anew, and
 * what was there a moment ago must then not be taken for absent.
 */
export function createFreshness(readModel: Pick<ReadModelQueries, 'checkpoint'>, floor: () => number): Freshness {
  let look: Promise<number> | undefined;
  let newest = 0;

  /** One look at the store for all who want one while it is under way. */
  function checkpoint(): Promise<number> {
    look ??= readModel.checkpoint().finally(() => (look = undefined));
    return look;
  }

  const wait = createWaitingRoom(checkpoint);

  return {
    async reached({ atLeast = 0, hoped }) {
      const promised = Math.max(atLeast, floor());
      const position = await checkpoint();
      const [kept, met] = await Promise.all([
        position >= promised || wait(promised, hardMs),
        position >= hoped || wait(hoped, softMs),
      ]);
      if (!kept) throw readModelBehind();
      return { met, position: Math.max(position, promised, met ? hoped : 0) };
    },
    acknowledged(position) {
      newest = Math.max(newest, position);
    },
    newest: () => newest,
  };
}
