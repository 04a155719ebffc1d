import { expect, test } from 'vitest';
import { Senders } from '../../src/commands/senders.ts';

/** More senders than are held where the read model knows all they sent. */
const many = 50_001;

test('who wrote something that the read model does not have yet is not forgotten, whatever it was', () => {
  let projected = 9;
  const senders = new Senders(() => projected);
  const crowd = (name: string): void => {
    for (let index = 0; index < many; index += 1) senders.get(`${name}${index}`);
  };
  senders.get('reader').lastPosition = 10;
  crowd('a');
  expect(senders.known('reader')?.lastPosition).toBe(10);
  projected = 10;
  crowd('b');
  expect(senders.known('reader')).toBeUndefined();
});
