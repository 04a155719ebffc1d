import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Auth } from '../shared/config.ts';
import { userIdSchema } from '../domain/user/user.ts';
import { OperatorError, WeiliaoError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';

/** Says who a token is for. In mode none nobody has a token: clients name themselves. */
export interface Authenticator {
  readonly mode: Auth['mode'];
  /**
   * The user id (`sub`) of a token that is signed by the configured key and within its time. Throws `WeiliaoError`:
   * `NOT_AUTHENTICATED` where the token is not good, `STORE_UNAVAILABLE` where the key set (`JWKS_URL`) is out of reach,
   * so that the same token may do later.
   */
  verify(token: string): Promise<string>;
}

/** What checks signatures: a key or the place to get one, and the algorithms that kind of key may be used with. */
interface Verification {
  readonly key: KeyObject | Uint8Array | JWTVerifyGetKey;
  /** Never symmetric and asymmetric ones together: else a public key would pass for an HS256 secret. */
  readonly algorithms: string[];
}

/** What a fault is told to that clients cannot mend. */
type FaultLog = Pick<Logger, 'error'>;

/** Throws `OperatorError` where the configured key cannot be used. */
export function createAuthenticator(auth: Auth, log: FaultLog): Authenticator {
  const verification = verificationOf(auth, log);
  return {
    mode: auth.mode,
    async verify(token) {
      if (verification === undefined) throw notAuthenticated('this server takes no tokens');
      const user = userIdSchema.safeParse((await checkedPayload(token, verification)).sub);
      if (!user.success) throw notAuthenticated('the token names no user: sub must be a user id');
      return user.data;
    },
  };
}

function verificationOf(auth: Auth, log: FaultLog): Verification | undefined {
  if (auth.mode === 'none') return undefined;
  if (auth.secret !== undefined) return { key: new TextEncoder().encode(auth.secret), algorithms: ['HS256'] };
  if (auth.publicKey !== undefined) return publicKeyVerification(auth.publicKey);
  if (auth.jwksUrl !== undefined) return { key: remoteKeys(auth.jwksUrl, log), algorithms: remoteAlgorithms };
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

/** Faults of the token rather than of the key server: it asks for a key that is not in the set. */
const keyNotInSet = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/** Milliseconds between two lines of the log that say the same of the key set: every token asks for it. */
const tellEvery = 30_000;

/** Keys are held for ten minutes, and fetched again (at most every 30 s) when a token names one that is not held. */
function remoteKeys(address: string, log: FaultLog): JWTVerifyGetKey {
  if (!URL.canParse(address)) throw new OperatorError('JWKS_URL: not a URL');
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') throw new OperatorError('JWKS_URL: must hold no user or password');
  const keys = createRemoteJWKSet(url);
  let told = -Infinity;

  function tell(cause: unknown): void {
    if (performance.now() - told < tellEvery) return;
    told = performance.now();
    // The host alone: the rest of the address may hold a secret.
    log.error({ component: 'auth', host: url.host, error: cause }, 'the key set (JWKS_URL) is out of reach');
  }

  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (keyNotInSet.some((kind) => cause instanceof kind)) throw cause;
      tell(cause);
      throw new WeiliaoError('STORE_UNAVAILABLE', 'the token cannot be checked now: the key set is out of reach', {
        cause,
      });
    }
  };
}

async function checkedPayload(token: string, verification: Verification): Promise<JWTPayload> {
  try {
    return await verify(token, verification);
  } catch (error) {
    if (error instanceof WeiliaoError) throw error;
    // Told only of a token whose signature was good; everything else gets one reason, which says nothing of the key.
    if (error instanceof errors.JWTExpired) throw notAuthenticated('the token has expired');
    throw notAuthenticated('the token is not good', error);
  }
}

async function verify(token: string, { key, algorithms }: Verification): Promise<JWTPayload> {
  const options = { algorithms, requiredClaims: ['sub'] };
  if (typeof key !== 'function') return (await jwtVerify(token, key, options)).payload;
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithAny(token, error, options);
  }
}

/** A token without `kid` where the set has several keys of its kind: any of them may have signed it. */
async function verifyWithAny(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: { algorithms: string[]; requiredClaims: string[] },
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function notAuthenticated(reason: string, cause?: unknown): WeiliaoError {
  return new WeiliaoError('NOT_AUTHENTICATED', reason, { cause });
}
