import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWirePositions, cursorSchema, wireKeySize } from '../../src/protocol/wire-position.ts';
import type { PlacedEvent } from '../../src/protocol/wire-position.ts';

const positions = createWirePositions(randomBytes(wireKeySize), 'log');
const position = fc.maxSafeNat();

function eventAt(place: number, id = 'event', created = 1): PlacedEvent {
  return { position: place, id, created };
}

function decoded(text: string, by = positions): number | undefined {
  return by.decode(text)?.position;
}

describe('a position on the wire', () => {
  test('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(position, (value) => {
        const text = positions.encode(value);
        expect(cursorSchema.parse(text)).toMatch(/^[A-Za-z0-9_-]{22}$/);
        expect(decoded(text)).toBe(value);
      }),
    );
  });

  test('among many comes back as alone', () => {
    fc.assert(
      fc.property(fc.array(position), (values) => {
        expect(positions.encodeAll(values.map((value) => eventAt(value))).map((text) => decoded(text))).toEqual(values);
      }),
    );
  });

  test('never has the same text twice, alone or among many', () => {
    const texts = [
      ...Array.from({ length: 500 }, () => positions.encode(7)),
      ...positions.encodeAll(Array.from({ length: 500 }, () => eventAt(7))),
    ];
    expect(new Set(texts).size).toBe(1_000);
    expect(new Set(texts.map((text) => decoded(text)))).toEqual(new Set([7]));
  });

  test('of one process is read by another under the same key', () => {
    const key = randomBytes(wireKeySize);
    const [one, other] = [createWirePositions(key, 'log'), createWirePositions(key, 'log')];
    expect(decoded(one.encode(12_345), other)).toBe(12_345);
    expect(one.encode(1)).not.toBe(other.encode(1));
  });

  test.each([0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])('comes back as it was: %i', (value) => {
    expect(decoded(positions.encode(value))).toBe(value);
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

  test.each([
    ['installation', randomBytes(wireKeySize), 'log'],
    ['log, or of another epoch', Buffer.alloc(wireKeySize), 'other log'],
  ])('is none of another %s', (_what, key, epoch) => {
    const [own, other] = [createWirePositions(Buffer.alloc(wireKeySize), 'log'), createWirePositions(key, epoch)];
    fc.assert(
      fc.property(position, (value) => {
        expect(other.decode(own.encode(value))).toBeUndefined();
      }),
    );
  });

  test.each([
    ['with the event itself', (event: PlacedEvent) => positions.encodeAll([event])[0]!],
    [
      'after the event was noted',
      (event: PlacedEvent) => {
        positions.note([event]);
        return positions.encode(event.position);
      },
    ],
  ])('told %s is of that event and of no other one at its place', (_when, tell) => {
    const event = eventAt(7, 'one', 5);
    const told = positions.decode(tell(event));
    const others = [eventAt(7, 'other', 5), eventAt(7, 'one', 6), eventAt(8, 'one', 5)];
    expect([event, ...others].map((one) => told?.isOf(one))).toEqual([true, false, false, false]);
  });

  test('of an event that was noted holds, until another one is noted there; then nobody knows', () => {
    const told = positions.encodeAll([eventAt(9, 'one')])[0]!;
    const holds = (): boolean | undefined => positions.decode(told)?.holds;
    positions.note([eventAt(9, 'one')]);
    expect(holds()).toBe(true);
    positions.note([eventAt(9, 'other')]);
    expect(holds()).toBe(false);
    positions.noteAnew(eventAt(10));
    expect(holds()).toBeUndefined();
    positions.noteAnew(eventAt(9, 'one'));
    expect(holds()).toBe(true);
  });

  test.each(['', '0', '12345', 'x'.repeat(21), 'x'.repeat(23), `${'x'.repeat(21)}=`, `${'x'.repeat(21)} `])(
    'is not %j',
    (text) => {
      expect(positions.decode(text)).toBeUndefined();
    },
  );
});
