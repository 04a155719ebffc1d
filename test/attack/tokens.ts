import { createHmac } from 'node:crypto';

const secret = 'a secret of thirty-two bytes and more';

/** Settings of a server that takes these tokens. */
export const jwt = { AUTH: 'jwt', JWT_SECRET: secret };

/** A token for the user; with another key than the server's it is no good. */
export function tokenOf(sub: string, key = secret): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'HS256' })}.${encode({ sub, exp: Math.floor(Date.now() / 1_000) + 600 })}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}
