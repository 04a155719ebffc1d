import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { maxCursorLength } from './limits.ts';

/** Bytes of the key and of the one block that a position fills. */
export const wireKeySize = 16;
const tokenPattern = /^[A-Za-z0-9_-]{22}$/;

/** A place in the log as frames carry it. */
export const cursorSchema = z
  .string()
  .max(maxCursorLength)
  .describe('Opaque: everything up to here was sent. The last one seen goes into the next hello');

/** Bytes at the front that are zero: what does not decrypt to them was not made here. */
const zeros = 3;
/** Bytes of the count that makes each text another one, and of the position. */
const countSize = 6;
const positionAt = zeros + countSize;

/**
 * Log positions as clients see them. The log is everybody's: a bare position would tell each user how much all others
 * write, and when. So a position leaves the house only as one block of AES-128 under a key of the installation, which
 * says nothing and cannot be made up. A count in the block makes every text another one: who asks twice cannot even see
 * whether somebody wrote in between.
 */
export interface WirePositions {
  /** 22 characters of base64url; another text each time. */
  encode(position: number): string;
  /** The same for many in one call of the cipher, which costs as much for a thousand blocks as for a few. */
  encodeAll(positions: readonly number[]): string[];
  /** Undefined where the text is none that `encode` gave. */
  decode(text: string): number | undefined;
}

export function createWirePositions(key: Buffer): WirePositions {
  // One block a call and no chaining: both objects can be used again for every position.
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  // Begins anywhere, as other processes count under the same key.
  let count = randomBytes(countSize).readUIntBE(0, countSize);

  function encodeAll(positions: readonly number[]): string[] {
    const blocks = Buffer.alloc(positions.length * wireKeySize);
    positions.forEach((position, index) => {
      const at = index * wireKeySize;
      count = (count + 1) % 2 ** (8 * countSize);
      const high = Math.floor(position / 2 ** 32);
      blocks.writeUInt16BE(Math.floor(count / 2 ** 32), at + zeros);
      blocks.writeUInt32BE(count >>> 0, at + zeros + 2);
      blocks.writeUInt8(high >>> 16, at + positionAt);
      blocks.writeUInt16BE(high & 0xffff, at + positionAt + 1);
      blocks.writeUInt32BE(position >>> 0, at + positionAt + 3);
    });
    const sealed = cipher.update(blocks);
    return positions.map((_, index) => sealed.toString('base64url', index * wireKeySize, (index + 1) * wireKeySize));
  }

  return {
    encode: (position) => encodeAll([position]).join(),
    encodeAll,
    decode(text) {
      if (!tokenPattern.test(text)) return undefined;
      const plain = decipher.update(Buffer.from(text, 'base64url'));
      if (plain.readUIntBE(0, zeros) !== 0) return undefined;
      const position = plain.readUIntBE(positionAt, 3) * 2 ** 32 + plain.readUInt32BE(positionAt + 3);
      return Number.isSafeInteger(position) ? position : undefined;
    },
  };
}
