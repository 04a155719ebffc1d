import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions, JWTVerifyResult } from 'jose';
import type { Auth, TokenRules } from '../shared/config.ts';
import { usernameSchema } from '../domain/user/user.ts';
import { OperatorError, WeiliaoError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { createRemoteKeySet } from './key-set.ts';
import type { KeySet } from './key-set.ts';
import { userIdOfClaim } from './user-claim.ts';

/** Who a token is for, as it says. */
export interface Identity {
  readonly user: string;
  /** The name that people see (`JWT_NAME_CLAIM`). */
  readonly name?: string;
  /** When it ends, epoch milliseconds; Infinity: never. */
  readonly expires: number;
  /** When it was made, epoch milliseconds; 0: it does not say. */
  readonly issued: number;
}

/** Says who a token is for. In the other modes nobody has a token: clients, or a proxy in front, name the user. */
export interface Authenticator {
  readonly mode: Auth['mode'];
  /** In mode proxy: the header that names the user, in small letters. */
  readonly userHeader?: string;
  /**
   * What a token says that is signed by the configured key, within its time, and meant for this server. Throws
   * `WeiliaoError`: `NOT_AUTHENTICATED` where the token is not good, `STORE_UNAVAILABLE` where the key set (`JWKS_URL`) is
   * out of reach, so that the same token may do later.
   */
  verify(token: string): Promise<Identity>;
}

type Verified = Pick<JWTVerifyResult, 'payload' | 'protectedHeader'>;

/** What checks signatures: a key or the place to get one, and the algorithms that kind of key may be used with. */
interface Verification {
  readonly key: KeyObject | Uint8Array | KeySet;
  /** Never symmetric and asymmetric ones together: else a public key would pass for an HS256 secret. */
  readonly algorithms: string[];
}

/** Throws `OperatorError` where the configured key cannot be used. `log`: what is told that clients cannot mend. */
export function createAuthenticator(auth: Auth, log: Pick<Logger, 'error'>): Authenticator {
  if (auth.mode !== 'jwt') {
    const verify = (): Promise<Identity> => Promise.reject(notAuthenticated('this server takes no tokens'));
    return { mode: auth.mode, verify, ...(auth.mode === 'proxy' && { userHeader: auth.userHeader }) };
  }
  const verification = verificationOf(auth, log);
  return {
    mode: 'jwt',
    verify: async (token) => identityOf(await checkedPayload(token, verification, auth), auth),
  };
}

/** Who a token is for. Throws as `verify` does, and where the sessions of its user were ended after it was made. */
export async function authenticate(
  token: string,
  authenticator: Pick<Authenticator, 'verify'>,
  sessions: { sessionsEnded(user: string): number | Promise<number> },
): Promise<Identity> {
  const identity = await authenticator.verify(token);
  const ended = await sessions.sessionsEnded(identity.user);
  if (ended === 0 || identity.issued > ended) return identity;
  throw notAuthenticated('the sessions of this user were ended; get a new token');
}

function verificationOf({ secret, publicKey, jwksUrl }: TokenRules, log: Pick<Logger, 'error'>): Verification {
  if (secret !== undefined) return { key: new TextEncoder().encode(secret), algorithms: ['HS256'] };
  if (publicKey !== undefined) return publicKeyVerification(publicKey);
  if (jwksUrl !== undefined) return { key: createRemoteKeySet(jwksUrl, { log }), algorithms: remoteAlgorithms };
  throw new OperatorError('AUTH: jwt needs one of JWT_SECRET, JWT_PUBLIC_KEY, JWKS_URL');
}

function publicKeyVerification(text: string): Verification {
  // In an environment variable the line breaks of a PEM often arrive as backslash and n.
  const pem = text.replaceAll('\\n', '\n');
  if (pem.includes('PRIVATE KEY')) {
    throw new OperatorError('JWT_PUBLIC_KEY: this is a private key; give its public half and keep this one elsewhere');
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw new OperatorError('JWT_PUBLIC_KEY: not a public key in PEM form', { cause });
  }
  return { key, algorithms: algorithmsFor(key) };
}

const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

function algorithmsFor(key: KeyObject): string[] {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < 2048) throw new OperatorError('JWT_PUBLIC_KEY: an RSA key needs 2048 bits or more');
    return ['RS256', 'PS256'];
  }
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  const algorithm = key.asymmetricKeyType === 'ec' ? curveAlgorithms[namedCurve] : undefined;
  if (algorithm === undefined) {
    throw new OperatorError('JWT_PUBLIC_KEY: must be RSA, EC on P-256, P-384 or P-521, or Ed25519');
  }
  return [algorithm];
}

const remoteAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'].concat(
  'EdDSA',
  'Ed25519',
);

/** Clocks of two machines differ by no more than this, in seconds. */
const clockTolerance = 5;
/** Kinds of tokens that are about users (RFC 7519 5.1, RFC 9068). An id token of a provider is a `JWT` too. */
const tokenTypes = ['jwt', 'at+jwt'];

async function checkedPayload(token: string, verification: Verification, rules: TokenRules): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await verify(token, verification, rules);
    const type = (protectedHeader.typ ?? 'jwt').toLowerCase().replace(/^application\//, '');
    if (!tokenTypes.includes(type)) throw notAuthenticated('the token is of another kind: typ must be JWT or at+jwt');
    if (rules.audience.length === 0 && payload.aud !== undefined) {
      throw notAuthenticated('the token is for an audience, and this server has no name (JWT_AUDIENCE)');
    }
    return payload;
  } catch (error) {
    if (error instanceof WeiliaoError) throw error;
    // Told only of a token whose signature was good; everything else gets one reason, which says nothing of the key.
    if (error instanceof errors.JWTExpired) throw notAuthenticated('the token has expired');
    if (error instanceof errors.JWTClaimValidationFailed) {
      throw notAuthenticated(
        `the token is not good: ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'wrong'}`,
      );
    }
    throw notAuthenticated('the token is not good', error);
  }
}

async function verify(token: string, { key, algorithms }: Verification, rules: TokenRules): Promise<Verified> {
  const options: JWTVerifyOptions = {
    algorithms,
    clockTolerance,
    requiredClaims: rules.requireExp ? ['exp'] : [],
    ...(rules.audience.length > 0 && { audience: [...rules.audience] }),
    ...(rules.issuer.length > 0 && { issuer: [...rules.issuer] }),
    ...(rules.maxAgeS > 0 && { maxTokenAge: rules.maxAgeS }),
  };
  if (typeof key !== 'function') return jwtVerify(token, key, options);
  try {
    return await jwtVerify(token, key, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithAny(token, error, options);
  }
}

/** A token without `kid` where the set has several keys of its kind: any of them may have signed it. */
async function verifyWithAny(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<Verified> {
  for await (const key of keys) {
    try {
      return await jwtVerify(token, key, options);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function identityOf(payload: JWTPayload, { userClaim, nameClaim }: TokenRules): Identity {
  const claimed = claimAt(payload, userClaim);
  const user = typeof claimed === 'string' || typeof claimed === 'number' ? userIdOfClaim(String(claimed)) : undefined;
  if (user === undefined) {
    throw notAuthenticated(`the token names no user: ${userClaim} must be a text that a user id can be made of`);
  }
  const name = nameClaim === undefined ? undefined : usernameSchema.safeParse(claimAt(payload, nameClaim));
  return {
    user,
    ...(name?.success === true && { name: name.data }),
    expires: payload.exp === undefined ? Infinity : payload.exp * 1_000,
    issued: (payload.iat ?? 0) * 1_000,
  };
}

/** A claim by its name, or by the path `a.b` to it where there is none of that name. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  let value: unknown = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function notAuthenticated(reason: string, cause?: unknown): WeiliaoError {
  return new WeiliaoError('NOT_AUTHENTICATED', reason, { cause });
}
