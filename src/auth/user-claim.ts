import { isUserId } from '../domain/user/user.ts';

/** No user id that somebody chose begins so: what does is itself written out. */
const prefix = '_.';

/**
 * The user id for whatever an identity provider calls a user: itself where it is a user id, else `_.` and its UTF-8 with
 * each byte that is no letter, digit, dot or minus as `_` and two hexadecimal digits: `auth0|7f` is `_.auth0_7c7f`. Two
 * names never become one id. Undefined where the id would be too long.
 */
export function userIdOfClaim(claim: string): string | undefined {
  if (isUserId(claim) && !claim.startsWith(prefix)) return claim;
  if (claim === '' || !claim.isWellFormed()) return undefined;
  let id = prefix;
  for (const byte of Buffer.from(claim)) {
    const character = String.fromCharCode(byte);
    id += /[A-Za-z0-9.-]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return isUserId(id) ? id : undefined;
}
