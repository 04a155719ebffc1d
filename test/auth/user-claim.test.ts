import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { userIdOfClaim } from '../../src/auth/user-claim.ts';
import { isUserId } from '../../src/domain/user/user.ts';

const userId = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).filter((id) => !/^\.{1,2}$/.test(id));
/** Also texts close to the border between the two. */
const claim = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.stringMatching(/^(_\.)?[_.a7|-]{0,8}$/),
  userId,
);

describe('the user id for a claim', () => {
  test.each([
    ['auth0|7f', '_.auth0_7c7f'],
    ['alice@chat.example', '_.alice_40chat.example'],
    ['张三', '_._e5_bc_a0_e4_b8_89'],
    ['a b', '_.a_20b'],
    ['_.x', '_._5f.x'],
    ['1001', '1001'],
    ['_', '_'],
    ['', undefined],
    ['\ud800', undefined],
    ['|'.repeat(21), undefined],
    ['x'.repeat(65), undefined],
  ])('of %j is %j', (given, id) => {
    expect(userIdOfClaim(given)).toBe(id);
  });

  test('is the claim itself where that is a user id, but for those that look made', () => {
    fc.assert(
      fc.property(userId, (id) => {
        expect(userIdOfClaim(id) === id).toBe(!id.startsWith('_.'));
      }),
    );
  });

  test('is a user id, or there is none', () => {
    fc.assert(
      fc.property(claim, (given) => {
        const id = userIdOfClaim(given);
        expect(id === undefined || isUserId(id)).toBe(true);
      }),
    );
  });

  test('is never that of another claim', () => {
    fc.assert(
      fc.property(claim, claim, (one, other) => {
        const [id, otherId] = [userIdOfClaim(one), userIdOfClaim(other)];
        expect(one === other || id === undefined || id !== otherId).toBe(true);
      }),
    );
  });

  test('is not that of the claim it was made of, said once more', () => {
    fc.assert(
      fc.property(claim, (given) => {
        const id = userIdOfClaim(given);
        if (id !== undefined && id !== given) expect(userIdOfClaim(id)).not.toBe(id);
      }),
    );
  });
});
