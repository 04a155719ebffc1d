import fc from 'fast-check';
import { v5 } from 'uuid';
import { expect, it } from 'vitest';
import { uuidv5 } from '../../src/commands/event-id.ts';

it('event ids are UUIDv5 as the uuid package makes them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(uuidv5(name)).toBe(v5(name, '0ff76a3b-4a4f-4f0c-9c61-1d0d9d5f0a6e'));
    }),
  );
});
