import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of the key and of the one block that a position fills. */
export const wireKeySize = 16;
const tokenPattern = /^[A-Za-z0-9_-]{22}$/;

/**
 * Log positions as clients see them. The log is everybody's: a bare position would tell each user how much all others
 * write, and when. So a position leaves the house only as one block of AES-128 under a key of the installation, which
 * says nothing and cannot be made up: the other half of the block is zero.
 */
export interface WirePositions {
  /** 22 characters of base64url; the same position always gives the same text. */
  encode(position: number): string;
  /** Undefined where the text is none that `encode` gave. */
  decode(text: string): number | undefined;
}

export function createWirePositions(key: Buffer): WirePositions {
  // One block a call and no chaining: both objects can be used again for every position.
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const block = Buffer.alloc(wireKeySize);
  return {
    encode(position) {
      block.writeUInt32BE(Math.floor(position / 2 ** 32), 8);
      block.writeUInt32BE(position >>> 0, 12);
      return cipher.update(block).toString('base64url');
    },
    decode(text) {
      if (!tokenPattern.test(text)) return undefined;
      const plain = decipher.update(Buffer.from(text, 'base64url'));
      if (plain.readBigUInt64BE(0) !== 0n) return undefined;
      const position = Number(plain.readBigUInt64BE(8));
      return Number.isSafeInteger(position) ? position : undefined;
    },
  };
}
