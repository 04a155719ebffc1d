import { createLocalJWKSet, errors } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { OperatorError, WeiliaoError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';

/** Keys of a key server (RFC 7517). */
export type KeySet = JWTVerifyGetKey;

/** Milliseconds that keys are good before they are fetched again. */
const freshMs = 600_000;
/** Least time between two tries, in milliseconds: every token may ask for one. */
const pauseMs = 5_000;
/** Milliseconds that the key server has for its answer. */
const answerMs = 5_000;
/** Most bytes that are read of it. */
const maxBytes = 1_048_576;
/** Milliseconds between two lines of the log that say the same of the key set. */
const tellEvery = 30_000;

export interface KeySetDeps {
  readonly log: Pick<Logger, 'error'>;
  readonly fetch?: typeof fetch;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/**
 * Keys fetched from `JWKS_URL`: at the first token, then every ten minutes, or when a token names one that is not there.
 * While the server is out of reach the keys of before stay good. Throws `OperatorError` where the address cannot be used;
 * the set throws `STORE_UNAVAILABLE` where no key was ever fetched.
 */
export function createRemoteKeySet(
  address: string,
  { log, fetch: ask = fetch, now = performance.now.bind(performance) }: KeySetDeps,
): KeySet {
  if (!URL.canParse(address)) throw new OperatorError('JWKS_URL: not a URL');
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') throw new OperatorError('JWKS_URL: must hold no user or password');
  let keys: KeySet | undefined;
  let fetchedAt = -Infinity;
  let triedAt = -Infinity;
  let toldAt = -Infinity;
  let fault: unknown;
  let fetching: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    triedAt = now();
    try {
      keys = createLocalJWKSet(await fetchKeys(ask, url));
      fetchedAt = now();
      fault = undefined;
    } catch (error) {
      fault = error;
      if (now() - toldAt < tellEvery) return;
      toldAt = now();
      // The host alone: the rest of the address may hold a secret.
      log.error({ component: 'auth', host: url.host, error }, 'the key set (JWKS_URL) is out of reach');
    }
  }

  /** One try for all who wait, and none too soon after the one before. */
  async function refreshed(): Promise<void> {
    if (fetching === undefined && now() - triedAt < pauseMs) return;
    fetching ??= refresh().finally(() => (fetching = undefined));
    await fetching;
  }

  return async (header, token) => {
    // Nobody waits for newer keys who has old ones: the server may take its time, or be away.
    if (keys === undefined) await refreshed();
    else if (now() - fetchedAt > freshMs) void refreshed();
    try {
      return await keyOf(keys, [header, token]);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const before = keys;
      await refreshed();
      if (keys === before && fault !== undefined) throw outOfReach(fault);
      return keyOf(keys, [header, token]);
    }
  };

  async function keyOf(set: KeySet | undefined, asked: Parameters<KeySet>) {
    if (set === undefined) throw outOfReach(fault);
    return set(...asked);
  }
}

function outOfReach(cause: unknown): WeiliaoError {
  return new WeiliaoError('STORE_UNAVAILABLE', 'the token cannot be checked now: the key set is out of reach', {
    cause,
  });
}

async function fetchKeys(ask: typeof fetch, url: URL): Promise<JSONWebKeySet> {
  const response = await ask(url, {
    headers: { Accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(answerMs),
  });
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
  return JSON.parse(await textOf(response)) as JSONWebKeySet;
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += (part as Uint8Array).byteLength;
    // The loop's end lets go of the connection.
    if (size > maxBytes) throw new Error(`answered more than ${maxBytes} bytes`);
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString('utf8');
}
