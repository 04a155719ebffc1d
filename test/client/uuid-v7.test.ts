import fc from 'fast-check';
import { validate, version } from 'uuid';
import { expect, test } from 'vitest';
import { uuidV7 } from '../../packages/client/src/uuid-v7.ts';

/** Milliseconds since the epoch that fit into a UUIDv7. */
const time = fc.nat(2 ** 48 - 1);

test('a UUIDv7 has its version, its variant and its time', () => {
  fc.assert(
    fc.property(time, (now) => {
      const id = uuidV7(now);
      expect(validate(id) && version(id)).toBe(7);
      expect(id.charAt(19)).toMatch(/[89ab]/);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now);
    }),
  );
});

test('UUIDv7s are in order of their times', () => {
  fc.assert(
    fc.property(time, time, (one, other) => {
      fc.pre(one < other);
      expect(uuidV7(one) < uuidV7(other)).toBe(true);
    }),
  );
});

test('UUIDv7s of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => uuidV7(1))).size).toBe(10_000);
});

test('a UUIDv7 is of now where no time is given', () => {
  const before = Date.now();
  const at = Number.parseInt(uuidV7().replaceAll('-', '').slice(0, 12), 16);
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
});
