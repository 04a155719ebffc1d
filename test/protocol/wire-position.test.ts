import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWirePositions, cursorSchema, wireKeySize } from '../../src/protocol/wire-position.ts';

const positions = createWirePositions(randomBytes(wireKeySize));
const position = fc.maxSafeNat();

describe('a position on the wire', () => {
  test('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(position, (value) => {
        const text = positions.encode(value);
        expect(cursorSchema.parse(text)).toMatch(/^[A-Za-z0-9_-]{22}$/);
        expect(positions.decode(text)).toBe(value);
      }),
    );
  });

  test('among many comes back as alone', () => {
    fc.assert(
      fc.property(fc.array(position), (values) => {
        expect(positions.encodeAll(values).map((text) => positions.decode(text))).toEqual(values);
      }),
    );
  });

  test('never has the same text twice, alone or among many', () => {
    const texts = [
      ...Array.from({ length: 500 }, () => positions.encode(7)),
      ...positions.encodeAll(Array.from({ length: 500 }, () => 7)),
    ];
    expect(new Set(texts).size).toBe(1_000);
    expect(new Set(texts.map((text) => positions.decode(text)))).toEqual(new Set([7]));
  });

  test('of one process is read by another under the same key', () => {
    const key = randomBytes(wireKeySize);
    const [one, other] = [createWirePositions(key), createWirePositions(key)];
    expect(other.decode(one.encode(12_345))).toBe(12_345);
    expect(one.encode(1)).not.toBe(other.encode(1));
  });

  test.each([0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])('comes back as it was: %i', (value) => {
    expect(positions.decode(positions.encode(value))).toBe(value);
  });

  test('cannot be made up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(positions.decode(Buffer.from(bytes).toString('base64url'))).toBeUndefined();
      }),
    );
  });

  test('cannot be changed', () => {
    fc.assert(
      fc.property(position, fc.nat(15), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
        const bytes = Buffer.from(positions.encode(value), 'base64url');
        bytes[at]! ^= flip;
        expect(positions.decode(bytes.toString('base64url'))).toBeUndefined();
      }),
    );
  });

  test('is none of another installation', () => {
    const other = createWirePositions(randomBytes(wireKeySize));
    fc.assert(
      fc.property(position, (value) => {
        expect(other.decode(positions.encode(value))).toBeUndefined();
      }),
    );
  });

  test.each(['', '0', '12345', 'x'.repeat(21), 'x'.repeat(23), `${'x'.repeat(21)}=`, `${'x'.repeat(21)} `])(
    'is not %j',
    (text) => {
      expect(positions.decode(text)).toBeUndefined();
    },
  );
});
