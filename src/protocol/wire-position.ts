import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { maxCursorLength } from './limits.ts';

/** Bytes of the key and of the one block that a position fills. */
export const wireKeySize = 16;
/** What every position looks like, of whatever log. */
export const positionForm = /^[A-Za-z0-9_-]{22}$/;

/** A place in the log as frames carry it. */
export const cursorSchema = z
  .string()
  .max(maxCursorLength)
  .describe('Opaque: everything up to here was sent. The last one seen goes into the next hello');

/** Bytes at the front that are zero: what does not decrypt to them was not made here. */
const zeros = 3;
/** Bytes of the count that makes each text another one, of the event's mark, and where the position is. */
const countSize = 3;
const markSize = 3;
const markAt = zeros + countSize;
const positionAt = markAt + markSize;

/** Events whose marks are remembered. */
const knownEvents = 20_000;

/** An event, as far as it matters here. */
export interface PlacedEvent {
  readonly position: number;
  readonly id: string;
  /** Epoch milliseconds. */
  readonly created: number;
}

/** A position that was told to somebody. */
export interface ToldPosition {
  readonly position: number;
  /** True where this event is the one that stood there then. */
  isOf(event: PlacedEvent): boolean;
  /** Whether that is so of the event there now, where it is known without a look at the log. */
  readonly holds: boolean | undefined;
}

/**
 * Log positions as clients see them. The log is everybody's: a bare position would tell each user how much all others
 * write, and when. So a position leaves the house only as one block of AES-128, which says nothing and cannot be made
 * up. A count in the block makes every text another one: who asks twice cannot even see whether somebody wrote in
 * between.
 *
 * The key is of the installation, and of the log and its epoch: a text of another log is none. A mark of the event
 * stands beside its position: in a log that was put back to an older state, and grew again, it is another one.
 */
export interface WirePositions {
  /** These events are at their positions. */
  note(events: readonly PlacedEvent[]): void;
  /** What was noted may not be so any more. This is. */
  noteAnew(newest: PlacedEvent | undefined): void;
  /** 22 characters of base64url; another text each time. With the mark of the event, where that was noted of late. */
  encode(position: number): string;
  /** Of events; many in one call of the cipher, which costs as much for a thousand blocks as for a few. */
  encodeAll(events: readonly PlacedEvent[]): string[];
  /** Undefined where the text is none that `encode` gave for this log and epoch. */
  decode(text: string): ToldPosition | undefined;
}

/** `epoch`: names the log, and its epoch. */
export function createWirePositions(key: Buffer, epoch: string): WirePositions {
  const ofEpoch = createHmac('sha256', key).update(epoch).digest().subarray(0, wireKeySize);
  // One block a call and no chaining: both objects can be used again for every position.
  const cipher = createCipheriv('aes-128-ecb', ofEpoch, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', ofEpoch, null).setAutoPadding(false);
  // Begins anywhere, as other processes count under the same key.
  let count = randomBytes(countSize).readUIntBE(0, countSize);
  const marks = new LRUCache<number, number>({ max: knownEvents });

  function seal(places: readonly { readonly position: number; readonly mark: number }[]): string[] {
    const blocks = Buffer.alloc(places.length * wireKeySize);
    places.forEach(({ position, mark }, index) => {
      const at = index * wireKeySize;
      count = (count + 1) % 2 ** (8 * countSize);
      const high = Math.floor(position / 2 ** 32);
      blocks.writeUIntBE(count, at + zeros, countSize);
      blocks.writeUIntBE(mark, at + markAt, markSize);
      blocks.writeUInt8(high >>> 16, at + positionAt);
      blocks.writeUInt16BE(high & 0xffff, at + positionAt + 1);
      blocks.writeUInt32BE(position >>> 0, at + positionAt + 3);
    });
    const sealed = cipher.update(blocks);
    return places.map((_, index) => sealed.toString('base64url', index * wireKeySize, (index + 1) * wireKeySize));
  }

  function note(events: readonly PlacedEvent[]): void {
    for (const event of events) marks.set(event.position, markOf(event));
  }

  return {
    note,
    noteAnew(newest) {
      marks.clear();
      if (newest !== undefined) note([newest]);
    },
    encode: (position) => seal([{ position, mark: marks.get(position) ?? unmarked }]).join(),
    encodeAll: (events) => seal(events.map((event) => ({ position: event.position, mark: markOf(event) }))),
    decode(text) {
      if (!positionForm.test(text)) return undefined;
      const plain = decipher.update(Buffer.from(text, 'base64url'));
      if (plain.readUIntBE(0, zeros) !== 0) return undefined;
      const position = plain.readUIntBE(positionAt, 3) * 2 ** 32 + plain.readUInt32BE(positionAt + 3);
      if (!Number.isSafeInteger(position)) return undefined;
      const mark = plain.readUIntBE(markAt, markSize);
      const known = marks.get(position);
      return {
        position,
        isOf: (event) => event.position === position && (mark === unmarked || mark === markOf(event)),
        holds: known === undefined ? undefined : mark === unmarked || mark === known,
      };
    },
  };
}

/** Of a position whose event was not known. */
const unmarked = 0;

/** Tells events apart that stand at one position, one of them in a log that was put back to an older state. */
function markOf({ id, created }: PlacedEvent): number {
  return crc32(`${id} ${created}`) & 0xffffff || 1;
}
