import type { GroupMessage } from './consumer.ts';
import type { PushResult } from './strategies.ts';

/** Events that wait for a consumer: first those that are sent again, then those that were read. */
export interface WaitingLine {
  /** How many were read, and how many are sent again. */
  counts(): { readonly read: number; readonly again: number };
  /** An event that was read. */
  add(message: GroupMessage): void;
  /** One that is sent again, in log order; those without a place come last. */
  addAgain(message: GroupMessage): void;
  /** Those among which the first in log order is. */
  candidates(): GroupMessage[];
  /** Offers each event until nobody takes any more; those that were not taken stay. */
  offer(push: (message: GroupMessage) => PushResult): void;
}

export function createWaitingLine(): WaitingLine {
  let read: GroupMessage[] = [];
  let again: GroupMessage[] = [];
  return {
    counts: () => ({ read: read.length, again: again.length }),
    add: (message) => void read.push(message),
    addAgain(message) {
      const { place } = message;
      const index =
        place === undefined ? -1 : again.findIndex((other) => other.place !== undefined && place.at < other.place.at);
      again.splice(index === -1 ? again.length : index, 0, message);
    },
    candidates: () => [...again, ...read.slice(0, 1)],
    offer(push) {
      again = offerEach(again, push);
      read = offerEach(read, push);
    },
  };
}

/** The messages that nobody took. */
function offerEach(messages: readonly GroupMessage[], push: (message: GroupMessage) => PushResult): GroupMessage[] {
  const left: GroupMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const result = push(message);
    if (result === 'full') return [...left, ...messages.slice(index)];
    if (result === 'skipped') left.push(message);
  }
  return left;
}
