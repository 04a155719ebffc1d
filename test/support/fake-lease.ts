import { LeaseHeldError } from '../../src/read-model/lease.ts';
import type { Lease } from '../../src/read-model/lease.ts';

/** A lease without a store. */
export interface FakeLease extends Lease {
  /** Somebody else who holds it: it is then lost here. */
  holder: string | undefined;
}

export function createFakeLease(): FakeLease {
  let held = false;
  let position = 0;
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
    position: () => Promise.resolve(position),
    advance(to) {
      position = Math.max(position, to);
      return Promise.resolve();
    },
    release() {
      held = false;
      return Promise.resolve();
    },
  };
}
