import type { GroupMessage } from './consumer.ts';

/** Events that were sent and are not done with. */
export interface Outstanding {
  readonly size: number;
  get(id: string): GroupMessage | undefined;
  /** It was sent: after its time it counts as expired. */
  start(message: GroupMessage): void;
  /** It has no time limit any more. */
  keep(message: GroupMessage): void;
  done(id: string): void;
  expired(): GroupMessage[];
  /** Those among which the first in log order is. `ordered`: events are sent in log order. */
  candidates(ordered: boolean): GroupMessage[];
}

/** `timeoutMs` 0: never. */
export function createOutstanding(timeoutMs: number): Outstanding {
  /** `expires`: epoch milliseconds. */
  const outstanding = new Map<string, { readonly message: GroupMessage; readonly expires: number }>();
  /** Ids of those among them that were sent before: they stand behind younger ones. */
  const sentBefore = new Set<string>();

  /** The one that was sent first of those that were sent once and were not parked before. */
  function oldest(): string[] {
    for (const [id, { message }] of outstanding) {
      if (message.retryCount === 0 && message.place !== undefined) return [id];
    }
    return [];
  }

  const messages = (ids: Iterable<string>): GroupMessage[] =>
    [...ids].map((id) => outstanding.get(id)?.message).filter((message) => message !== undefined);

  return {
    get size() {
      return outstanding.size;
    },
    get: (id) => outstanding.get(id)?.message,
    start(message) {
      if (outstanding.has(message.id)) return;
      const expires = timeoutMs === 0 ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
      outstanding.set(message.id, { message, expires });
      if (message.retryCount > 0) sentBefore.add(message.id);
    },
    keep: (message) => void outstanding.set(message.id, { message, expires: Number.POSITIVE_INFINITY }),
    done(id) {
      outstanding.delete(id);
      sentBefore.delete(id);
    },
    expired() {
      const now = Date.now();
      return [...outstanding.values()].filter(({ expires }) => expires <= now).map(({ message }) => message);
    },
    candidates: (ordered) => messages(ordered ? [...oldest(), ...sentBefore] : outstanding.keys()),
  };
}
