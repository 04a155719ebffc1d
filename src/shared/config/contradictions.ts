import { isLoopback } from './forms.ts';
import type { Given } from './settings.ts';

/** Settings that are good each by itself and not together, a line each. */
export function contradictions(given: Given): string[] {
  return [...ofKeys(given), ...ofExposure(given), ...ofStores(given)];
}

function ofKeys(given: Given): string[] {
  const { AUTH: mode, USER_HEADER: header } = given;
  const keys = [given.JWT_SECRET, given.JWT_PUBLIC_KEY, given.JWKS_URL].filter((key) => key !== undefined).length;
  const faults = [faultOfSecret(given.JWT_SECRET), faultOfKeySet(given.JWKS_URL)].filter((one) => one !== undefined);
  if (mode === 'jwt' && keys !== 1) faults.push('AUTH: jwt needs exactly one of JWT_SECRET, JWT_PUBLIC_KEY, JWKS_URL');
  if (mode !== 'jwt' && keys > 0) {
    faults.push(`AUTH: ${mode} takes no JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL; set AUTH=jwt to check tokens`);
  }
  if (mode === 'proxy' && header === undefined) faults.push('AUTH: proxy needs USER_HEADER');
  if (mode !== 'proxy' && header !== undefined) faults.push('USER_HEADER: is for AUTH=proxy');
  return faults;
}

function faultOfSecret(secret: string | undefined): string | undefined {
  if (secret === undefined) return undefined;
  if (secret.includes('-----BEGIN')) {
    return 'JWT_SECRET: this is a PEM, which is no secret; put a public key into JWT_PUBLIC_KEY';
  }
  if (Buffer.byteLength(secret) >= 32) return undefined;
  return 'JWT_SECRET: must be 32 bytes at least; openssl rand -base64 32 makes one';
}

function faultOfKeySet(address: string | undefined): string | undefined {
  if (address?.startsWith('http:') !== true || !URL.canParse(address)) return undefined;
  if (isLoopback(new URL(address).hostname)) return undefined;
  return 'JWKS_URL: must be https: whoever answers in its place could sign tokens';
}

function ofExposure({ AUTH, HOST, INSECURE, ROLES, ALLOWED_ORIGINS, CORS_ORIGINS }: Given): string[] {
  const faults: string[] = [];
  const serves = ROLES.includes('gateway') || ROLES.includes('api');
  if (AUTH === 'none' && serves && !INSECURE && !isLoopback(HOST)) {
    faults.push(`AUTH: none with HOST=${HOST} lets anybody act as anybody; set AUTH=jwt, or INSECURE=1 if it is meant`);
  }
  if (ALLOWED_ORIGINS !== undefined && CORS_ORIGINS !== undefined) {
    faults.push('CORS_ORIGINS: is the old name of ALLOWED_ORIGINS; give one of them');
  }
  return faults;
}

function ofStores({ FEED, EVENTSTORE_URL, MONGODB_URL, PROJECTOR_PARTITION }: Given): string[] {
  const faults: string[] = [];
  if (FEED === 'persistent' && EVENTSTORE_URL === undefined) faults.push('FEED: persistent needs EVENTSTORE_URL');
  if (PROJECTOR_PARTITION.count > 1 && MONGODB_URL === undefined) {
    faults.push('PROJECTOR_PARTITION: the embedded read model has one projector, 1/1; set MONGODB_URL');
  }
  return faults;
}
