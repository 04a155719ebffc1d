import { describe, expect, test } from 'vitest';
import { directConversationId, conversationStream } from '../../src/domain/conversation/conversation-id.ts';
import { hashOf } from '../../src/event-store/stream-hash.ts';
import { userStream } from '../../src/domain/user/user.ts';

const count = 2_000;
const numbers = Array.from({ length: count }, (_, index) => index);

/** Streams as deployments have them: numbered users, and conversations of neighbours. */
const populations = {
  'users by number': numbers.map((number) => userStream(`u${number}`)),
  'neighbours, each in one conversation': numbers.map((n) => directStream(2 * n, 2 * n + 1)),
  'neighbours in a chain': numbers.map((n) => directStream(n, n + 1)),
  'one user with everybody': numbers.map((n) => directStream(0, n + 1)),
};

function directStream(one: number, other: number): string {
  return conversationStream(directConversationId(`p-${one}`, `p-${other}`));
}

describe('streams are spread evenly over any number of shares', () => {
  test.each(Object.entries(populations))('%s', (_, streams) => {
    for (const shares of [2, 3, 4, 5, 8]) {
      const sizes = new Array<number>(shares).fill(0);
      for (const stream of streams) sizes[hashOf(stream) % shares]! += 1;
      const even = count / shares;
      // Six standard deviations of a fair spread.
      const allowed = 6 * Math.sqrt(even);
      for (const size of sizes) expect(Math.abs(size - even)).toBeLessThan(allowed);
    }
  });
});

test('the same way for ever: shares of a running deployment hold by it', () => {
  const hashes = ['', 'conversation-dm~1~2', 'user-1'].map(hashOf);
  expect(hashes).toEqual([2_872_998_923, 3_107_008_613, 2_005_895_916]);
});
