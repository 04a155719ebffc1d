import { ownPrefixes } from '../../src/event-store/own-streams.ts';
import type { Consumer } from '../../src/projections/consumer.ts';
import { nowhere } from '../../src/read-model/read-model.ts';

/** A consumer that keeps nothing but its place. `apply` may do anything before that moves. */
export function createTestConsumer(
  name: string,
  apply: (count: number) => Promise<void> = () => Promise.resolve(),
): Consumer & { readonly closed: boolean } {
  let place = nowhere;
  let closed = false;
  return {
    name,
    prefixes: ownPrefixes,
    place: () => Promise.resolve(place),
    async apply(events, { position, landmark }) {
      await apply(events.length);
      place = { position, landmark };
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
