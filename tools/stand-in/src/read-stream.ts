import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from './log.ts';
import { streamDeleted } from './rpc-errors.ts';
import { firstShown, isTooOld } from './stream-states.ts';

/** Events of the log that EventStoreDB reads at a time: what checkpoints are counted by. */
export const pageSize = 32;
/** Events of a stream read at a time: as many may be ahead of a slow reader. */
const streamPageSize = 512;

export interface StreamRead {
  readonly stream: string;
  readonly direction: 'forwards' | 'backwards';
  /** Inclusive; `end` is the newest. */
  readonly from: number | 'end';
  readonly maxCount: number;
}

/**
 * Pages of a stream, without what its metadata hides. Undefined where there is no such stream, or it was deleted.
 * Throws `RpcError` where it was deleted for good.
 */
export function readStream(log: Log, read: StreamRead): Iterable<readonly RecordedEvent[]> | undefined {
  const { head, tombstoned, metadata } = log.stateOf(read.stream);
  if (tombstoned) throw streamDeleted(read.stream);
  if (head < 0 || metadata.softDeleted === true) return undefined;
  return read.direction === 'forwards' ? readForwards(log, read) : readBackwards(log, read);
}

function* readForwards(log: Log, { stream, from, maxCount }: StreamRead): Generator<readonly RecordedEvent[]> {
  const state = log.stateOf(stream);
  let next = Math.max(from === 'end' ? state.head : from, firstShown(state));
  for (let left = maxCount; left > 0;) {
    const page = log.readStream(stream, next, Math.min(left, streamPageSize));
    const last = page.at(-1);
    if (last === undefined) return;
    next = last.revision + 1;
    left -= page.length;
    yield page.filter((event) => !isTooOld(event, state.metadata));
  }
}

function* readBackwards(log: Log, { stream, from, maxCount }: StreamRead): Generator<readonly RecordedEvent[]> {
  const state = log.stateOf(stream);
  const first = firstShown(state);
  let next = from === 'end' ? state.head : Math.min(from, state.head);
  for (let left = maxCount; left > 0 && next >= first;) {
    const page = log.readStreamBackwards(stream, next, Math.min(left, streamPageSize, next - first + 1));
    next -= page.length;
    left -= page.length;
    const shown = page.filter((event) => !isTooOld(event, state.metadata));
    yield shown;
    if (page.length === 0 || shown.length < page.length) return;
  }
}
