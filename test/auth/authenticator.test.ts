import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import type { JWK } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { createAuthenticator as create } from '../../src/auth/authenticator.ts';
import type { Identity } from '../../src/auth/authenticator.ts';
import { OperatorError, WeiliaoError } from '../../src/shared/errors.ts';
import { tokenRules } from '../support/settings.ts';

const secret = 'a secret of thirty-two characters';
const secretKey = new TextEncoder().encode(secret);
type Auth = Parameters<typeof create>[0];

/** What the log was told. */
const told: unknown[] = [];
const createAuthenticator = (auth: Auth) => create(auth, { error: (...line: unknown[]) => void told.push(line) });
afterEach(() => void told.splice(0));

interface TokenOptions {
  claims?: Record<string, unknown>;
  key?: Uint8Array | KeyObject;
  alg?: string;
  kid?: string;
  expires?: string | number;
}

function token({ claims = { sub: '1001' }, key = secretKey, alg = 'HS256', kid, expires = '1h' }: TokenOptions = {}) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setExpirationTime(expires)
    .sign(key);
}

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

async function refusal(verified: Promise<Identity>): Promise<WeiliaoError> {
  const error = await verified.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WeiliaoError);
  return error as WeiliaoError;
}

describe('a shared secret', () => {
  const authenticator = createAuthenticator(tokenRules({ secret }));

  test('names the user of a good token', async () => {
    expect(authenticator.mode).toBe('jwt');
    expect(await authenticator.verify(await token())).toMatchObject({ user: '1001' });
  });

  test('reads a number as the user id it spells', async () => {
    expect(await authenticator.verify(await token({ claims: { sub: 1001 } }))).toMatchObject({ user: '1001' });
  });

  const hour = 3600;
  const now = Math.floor(Date.now() / 1000);
  test.each<[string, () => string | Promise<string>]>([
    ['an expired one', () => token({ expires: now - hour })],
    ['one that is not valid yet', () => token({ claims: { sub: '1001', nbf: now + hour } })],
    ['one without sub', () => token({ claims: {} })],
    ['one whose sub is too long for a user id', () => token({ claims: { sub: 'no user '.repeat(8) } })],
    ['one whose sub is no text', () => token({ claims: { sub: ['1001'] } })],
    ['one whose sub is empty', () => token({ claims: { sub: '' } })],
    [
      'one signed with another secret',
      () => token({ key: new TextEncoder().encode('another secret altogether!!!!!!!') }),
    ],
    ['one of another HMAC', () => token({ alg: 'HS512', key: Buffer.concat([secretKey, secretKey]) })],
    ['one without a signature', () => new UnsecuredJWT({ sub: '1001' }).setExpirationTime('1h').encode()],
    ['no token', () => ''],
    ['no token at all', () => 'a.b.c'],
    ['a token of another kind', () => `${'x'.repeat(5000)}.${'y'.repeat(5000)}`],
  ])('refuses %s', async (_what, make) => {
    const given = await make();
    const error = await refusal(authenticator.verify(given));
    expect(error.code).toBe('NOT_AUTHENTICATED');
    expect(error.message).not.toContain(secret);
    if (given !== '') expect(error.message).not.toContain(given);
  });

  test('tells expiry only of a token whose signature is good', async () => {
    const expired = await refusal(authenticator.verify(await token({ expires: now - hour })));
    expect(expired.message).toBe('the token has expired');
    const forged = await refusal(authenticator.verify(await token({ expires: now - hour, key: Buffer.alloc(32, 1) })));
    expect(forged.message).toBe('the token is not good');
  });
});

describe('a public key', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ed = generateKeyPairSync('ed25519');

  test.each<[string, { publicKey: KeyObject; privateKey: KeyObject }]>([
    ['RS256', rsa],
    ['PS256', rsa],
    ['ES256', p256],
    ['ES384', p384],
    ['EdDSA', ed],
  ])('checks %s, as the key says', async (alg, { publicKey, privateKey }) => {
    const authenticator = createAuthenticator(tokenRules({ publicKey: pem(publicKey) }));
    expect(await authenticator.verify(await token({ alg, key: privateKey }))).toMatchObject({ user: '1001' });
  });

  test('may have its line breaks written as \\n', async () => {
    const authenticator = createAuthenticator(tokenRules({ publicKey: pem(ed.publicKey).replaceAll('\n', '\\n') }));
    expect(await authenticator.verify(await token({ alg: 'EdDSA', key: ed.privateKey }))).toMatchObject({
      user: '1001',
    });
  });

  test('is never taken for the secret of an HMAC', async () => {
    const publicKey = pem(rsa.publicKey);
    const authenticator = createAuthenticator(tokenRules({ publicKey }));
    for (const key of [new TextEncoder().encode(publicKey), new TextEncoder().encode(publicKey.trim())]) {
      expect((await refusal(authenticator.verify(await token({ key })))).code).toBe('NOT_AUTHENTICATED');
    }
  });

  test('refuses the signature of another key and another algorithm', async () => {
    const authenticator = createAuthenticator(tokenRules({ publicKey: pem(p256.publicKey) }));
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const made of [token({ alg: 'ES256', key: other }), token({ alg: 'RS256', key: rsa.privateKey })]) {
      expect((await refusal(authenticator.verify(await made))).code).toBe('NOT_AUTHENTICATED');
    }
  });

  test.each<[string, () => string]>([
    ['no PEM', () => 'hello'],
    ['a damaged PEM', () => pem(rsa.publicKey).replace(/[A-Z]/g, '!')],
    ['a private key', () => ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a short RSA key', () => pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
    ['a curve that no algorithm uses', () => pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
    ['a key that does not sign', () => pem(generateKeyPairSync('x25519').publicKey)],
  ])('stops the start where it is %s', (_what, publicKey) => {
    expect(() => createAuthenticator(tokenRules({ publicKey: publicKey() }))).toThrow(OperatorError);
  });
});

describe('a remote key set', () => {
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));

  /** A server whose answer the test may change; `asked` counts the requests. */
  async function keyServer(body: () => unknown) {
    const state = { asked: 0, status: 200, url: '' };
    const server = createServer((_request, response) => {
      state.asked += 1;
      response.writeHead(state.status, { 'content-type': 'application/json' }).end(JSON.stringify(body()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    return state;
  }

  async function keyPair(kid?: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk: JWK = await exportJWK(publicKey);
    return { privateKey, jwk: kid === undefined ? jwk : { ...jwk, kid } };
  }

  test('is fetched once for many tokens', async () => {
    const { privateKey, jwk } = await keyPair('one');
    const server = await keyServer(() => ({ keys: [jwk] }));
    const authenticator = createAuthenticator(tokenRules({ jwksUrl: server.url }));
    const made = await token({ alg: 'ES256', key: privateKey, kid: 'one' });
    const both = await Promise.all([authenticator.verify(made), authenticator.verify(made)]);
    expect(both.map(({ user }) => user)).toEqual(['1001', '1001']);
    expect(await authenticator.verify(made)).toMatchObject({ user: '1001' });
    expect(server.asked).toBe(1);
  });

  test('serves a token that names no key, whichever of them signed it', async () => {
    const [one, two, other] = [await keyPair(), await keyPair(), await keyPair()];
    const server = await keyServer(() => ({ keys: [one.jwk, two.jwk] }));
    const authenticator = createAuthenticator(tokenRules({ jwksUrl: server.url }));
    expect(await authenticator.verify(await token({ alg: 'ES256', key: two.privateKey }))).toMatchObject({
      user: '1001',
    });
    const forged = await refusal(authenticator.verify(await token({ alg: 'ES256', key: other.privateKey })));
    expect(forged.code).toBe('NOT_AUTHENTICATED');
  });

  test('refuses a token of a key it does not hold, and any HMAC', async () => {
    const { privateKey, jwk } = await keyPair('one');
    const server = await keyServer(() => ({
      keys: [jwk, { kty: 'oct', k: Buffer.from(secret).toString('base64url') }],
    }));
    const authenticator = createAuthenticator(tokenRules({ jwksUrl: server.url }));
    const unknown = await refusal(authenticator.verify(await token({ alg: 'ES256', key: privateKey, kid: 'two' })));
    expect(unknown.code).toBe('NOT_AUTHENTICATED');
    expect((await refusal(authenticator.verify(await token()))).code).toBe('NOT_AUTHENTICATED');
  });

  test('out of reach is a trouble that may pass', async () => {
    const { privateKey, jwk } = await keyPair('one');
    const server = await keyServer(() => ({ keys: [jwk] }));
    const authenticator = createAuthenticator(tokenRules({ jwksUrl: server.url }));
    server.status = 500;
    const error = await refusal(authenticator.verify(await token({ alg: 'ES256', key: privateKey, kid: 'one' })));
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', temporary: true });
    expect(error.message).toBe('the token cannot be checked now: the key set is out of reach');
  });

  test.each<[string, (url: string) => string]>([
    ['answers nonsense', (url) => url],
    ['is not there', () => 'http://127.0.0.1:1/keys?key=secret'],
  ])('that %s is told to the log, once for many tokens and without what its address may hold', async (_how, at) => {
    const server = await keyServer(() => 'nonsense');
    const url = at(server.url);
    const authenticator = createAuthenticator(tokenRules({ jwksUrl: url }));
    const made = await token({ alg: 'ES256', key: (await keyPair('one')).privateKey, kid: 'one' });
    for (let count = 0; count < 3; count += 1) {
      expect(await refusal(authenticator.verify(made))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
    expect(told).toEqual([
      [
        { component: 'auth', host: new URL(url).host, error: expect.any(Error) as Error },
        'the key set (JWKS_URL) is out of reach',
      ],
    ]);
    expect(inspect(told)).not.toContain('secret');
  });

  test.each(['http://', 'https://user:secret@host/keys'])('stops the start where its address is %s', (jwksUrl) => {
    expect(() => createAuthenticator(tokenRules({ jwksUrl }))).toThrow(OperatorError);
    expect(() => createAuthenticator(tokenRules({ jwksUrl }))).not.toThrow(/secret/);
  });
});

test('without tokens nobody is verified', async () => {
  const authenticator = createAuthenticator({ mode: 'none' });
  expect(authenticator.mode).toBe('none');
  expect((await refusal(authenticator.verify(await token()))).code).toBe('NOT_AUTHENTICATED');
});

test('a mode that needs a key does not start without one', () => {
  expect(() => createAuthenticator(tokenRules({}))).toThrow(OperatorError);
});
