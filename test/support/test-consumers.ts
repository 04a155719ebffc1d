import { ownPrefixes } from '../../src/event-store/own-streams.ts';
import type { Consumer } from '../../src/projections/consumer.ts';

/** A consumer that keeps nothing but its place. `apply` may do anything before that moves. */
export function createTestConsumer(
  name: string,
  apply: (count: number) => Promise<void> = () => Promise.resolve(),
): Consumer & { readonly closed: boolean } {
  let checkpoint = 0;
  let closed = false;
  return {
    name,
    prefixes: ownPrefixes,
    checkpoint: () => Promise.resolve(checkpoint),
    async apply(events, { position }) {
      await apply(events.length);
      checkpoint = position;
      return { unknown: 0, foreign: 0 };
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
    get closed() {
      return closed;
    },
  };
}

/** What passes by itself, says whoever throws it. */
export class PassingError extends Error {
  readonly temporary = true;
}
