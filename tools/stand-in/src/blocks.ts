import { LRUCache } from 'lru-cache';
import type { EmbeddedLog } from 'weiliao/embedded-log';
import type { RecordedEvent } from 'weiliao/event-store';

/** Positions in a block. */
const blockSize = 1_024;
/** Blocks kept: what one reader of the past has read, the next one shares. */
const keptBlocks = 16;

/** The past of the log, read a block at a time: a row may hold many events, and pages are small. */
export interface Blocks {
  /** The first events after a position: `limit` of them, or all there are. */
  after(position: number, limit: number): readonly RecordedEvent[];
}

export function createBlocks(reader: Pick<EmbeddedLog, 'readAll'>): Blocks {
  const blocks = new LRUCache<number, readonly RecordedEvent[]>({ max: keptBlocks });

  function load(index: number): readonly RecordedEvent[] {
    const known = blocks.get(index);
    if (known !== undefined) return known;
    const events = reader.readAll(index * blockSize, [], blockSize);
    // The newest block still grows.
    if (events.length === blockSize) blocks.set(index, events);
    return events;
  }

  return {
    after(position, limit) {
      const found: RecordedEvent[] = [];
      for (let from = Math.max(position, 0); found.length < limit;) {
        const offset = from % blockSize;
        const block = load(Math.floor(from / blockSize));
        const part = block.slice(offset, offset + limit - found.length);
        found.push(...part);
        from += part.length;
        if (part.length === 0 || block.length < blockSize) break;
      }
      return found;
    },
  };
}
