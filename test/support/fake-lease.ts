import { LeaseHeldError } from '../../src/read-model/lease.ts';
import type { Lease } from '../../src/read-model/lease.ts';
import type { Checkpoint } from '../../src/read-model/read-model.ts';

/** A lease without a store. */
export interface FakeLease extends Lease {
  /** Somebody else who holds it: it is then lost here. */
  holder: string | undefined;
}

export function createFakeLease(): FakeLease {
  let held = false;
  let place: Checkpoint = { position: 0, landmark: undefined };
  let holder: string | undefined;
  return {
    get holder() {
      return holder;
    },
    set holder(value) {
      holder = value;
      held &&= value === undefined;
    },
    acquire() {
      if (holder !== undefined) return Promise.reject(new LeaseHeldError(`held by ${holder}`));
      held = true;
      return Promise.resolve();
    },
    held: () => held,
    place: () => Promise.resolve(place),
    advance(to) {
      place = to;
      return Promise.resolve();
    },
    release() {
      held = false;
      return Promise.resolve();
    },
  };
}
