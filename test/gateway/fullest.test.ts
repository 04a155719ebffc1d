import { expect, test } from 'vitest';
import { fullest } from '../../src/gateway/fullest.ts';
import { Session } from '../../src/gateway/session.ts';

function withUnsent(bytes: number): Session {
  const session = new Session('v1');
  const nothing = (): void => undefined;
  session.connection = { send: nothing, cork: nothing, end: nothing, getBufferedAmount: () => bytes };
  return session;
}

test('of many sockets the five fullest are told, the fullest first', () => {
  const sessions = new Set([3, 9, 0, 7, 1, 9, 4].map(withUnsent));
  const told = fullest(sessions);
  expect(told.map(({ value }) => value)).toEqual([9, 9, 7, 4, 3]);
  expect(told.map(({ labels }) => labels!['place'])).toEqual(['1', '2', '3', '4', '5']);
});

test('sockets that are gone are not asked', () => {
  const gone = withUnsent(5);
  gone.closed = true;
  gone.connection = { ...gone.connection!, getBufferedAmount: () => expect.fail('it is gone') };
  expect(fullest(new Set([gone, new Session('v1')])).map(({ value }) => value)).toEqual([0, 0]);
});
