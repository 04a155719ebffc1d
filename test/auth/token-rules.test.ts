import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import type { TokenRules } from '../../src/shared/config.ts';
import { WeiliaoError } from '../../src/shared/errors.ts';
import { tokenRules } from '../support/settings.ts';

const secret = 'a secret of thirty-two characters';
const now = (): number => Math.floor(Date.now() / 1_000);

function sign(payload: JWTPayload, header: { typ?: string } = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', ...header }).sign(new TextEncoder().encode(secret));
}

/** The user that a token is taken for, or why it is not taken. */
async function outcome(rules: Partial<TokenRules>, payload: JWTPayload, header?: { typ?: string }): Promise<string> {
  const { verify } = createAuthenticator(tokenRules({ secret, ...rules }), { error: () => undefined });
  const token = await sign({ sub: 'alice', exp: now() + 60, ...payload }, header);
  return verify(token).then(
    ({ user }) => user,
    (error: unknown) => {
      expect(error).toBeInstanceOf(WeiliaoError);
      expect((error as WeiliaoError).code).toBe('NOT_AUTHENTICATED');
      return (error as WeiliaoError).message;
    },
  );
}

describe('an audience', () => {
  test.each([
    [
      'without JWT_AUDIENCE must not be named',
      [],
      'chat',
      'the token is for an audience, and this server has no name (JWT_AUDIENCE)',
    ],
    [
      'without JWT_AUDIENCE must not be named, not even an empty list',
      [],
      [],
      'the token is for an audience, and this server has no name (JWT_AUDIENCE)',
    ],
    ['of the list is ours', ['chat', 'web'], 'web', 'alice'],
    ['among others is ours', ['chat'], ['other', 'chat'], 'alice'],
    ['that is another’s is refused', ['chat'], 'other', 'the token is not good: aud is wrong'],
  ])('%s', async (_what, audience, aud, told) => {
    expect(await outcome({ audience }, { aud })).toBe(told);
  });

  test('must be named where there is a JWT_AUDIENCE, and need not where there is none', async () => {
    expect(await outcome({ audience: ['chat'] }, {})).toBe('the token is not good: aud is missing');
    expect(await outcome({}, {})).toBe('alice');
  });
});

test('the issuer must be one of JWT_ISSUER, where that is set', async () => {
  const issuer = ['https://id.example', 'https://old.example'];
  expect(await outcome({ issuer }, { iss: 'https://old.example' })).toBe('alice');
  expect(await outcome({ issuer }, { iss: 'https://evil.example' })).toBe('the token is not good: iss is wrong');
  expect(await outcome({ issuer }, {})).toBe('the token is not good: iss is missing');
  expect(await outcome({}, { iss: 'https://evil.example' })).toBe('alice');
});

describe('the claim that names the user', () => {
  test.each<[string, string, JWTPayload, string]>([
    ['is found by its name', 'username', { username: 'bob' }, 'bob'],
    ['is found by the path to it', 'user.id', { user: { id: 'bob' } }, 'bob'],
    ['is found by a name with dots before any path', 'user.id', { 'user.id': 'bob', user: { id: 'eve' } }, 'bob'],
    [
      'is found by a URL, as some providers name claims',
      'https://chat.example/user',
      { 'https://chat.example/user': 'bob' },
      'bob',
    ],
    ['may be a number', 'user.id', { user: { id: 1001 } }, '1001'],
    ['may be what no user id looks like', 'sub', { sub: 'auth0|7f' }, '_.auth0_7c7f'],
  ])('%s', async (_what, userClaim, payload, user) => {
    expect(await outcome({ userClaim }, payload)).toBe(user);
  });

  test.each<[string, string, JWTPayload]>([
    ['is not there', 'user.id', {}],
    ['is inside of what has no inside', 'sub.id', {}],
    ['is of another kind', 'user', { user: { id: 'bob' } }],
    ['is what every object has', 'constructor.name', {}],
    ['is empty', 'user', { user: '' }],
  ])('that %s names nobody', async (_what, userClaim, payload) => {
    expect(await outcome({ userClaim }, payload)).toMatch(/^the token names no user: /);
  });
});

describe('the claim that names the name', () => {
  const named = async (nameClaim: string | undefined, payload: JWTPayload) => {
    const { verify } = createAuthenticator(tokenRules({ secret, nameClaim }), { error: () => undefined });
    return (await verify(await sign({ sub: 'alice', exp: now() + 60, ...payload }))).name;
  };

  test('is told, where it is one', async () => {
    expect(await named('profile.name', { profile: { name: '张三' } })).toBe('张三');
    expect(await named(undefined, { name: 'Alice' })).toBeUndefined();
    for (const name of ['', 'x'.repeat(129), 7, undefined]) expect(await named('name', { name })).toBeUndefined();
  });
});

describe('the time of a token', () => {
  test('has an end, unless JWT_REQUIRE_EXP=0', async () => {
    const endless = { exp: undefined } as unknown as JWTPayload;
    expect(await outcome({}, endless)).toBe('the token is not good: exp is missing');
    expect(await outcome({ requireExp: false }, endless)).toBe('alice');
  });

  test('may be off by five seconds, as clocks are', async () => {
    expect(await outcome({}, { exp: now() - 3 })).toBe('alice');
    expect(await outcome({}, { exp: now() - 7 })).toBe('the token has expired');
    expect(await outcome({}, { nbf: now() + 3 })).toBe('alice');
    expect(await outcome({}, { nbf: now() + 9 })).toBe('the token is not good: nbf is wrong');
  });

  test('began no longer ago than JWT_MAX_AGE_S, where that is set', async () => {
    expect(await outcome({ maxAgeS: 60 }, { iat: now() - 50 })).toBe('alice');
    expect(await outcome({ maxAgeS: 60 }, { iat: now() - 100 })).toBe('the token has expired');
    expect(await outcome({ maxAgeS: 60 }, {})).toBe('the token is not good: iat is missing');
    expect(await outcome({}, { iat: now() - 1_000_000 })).toBe('alice');
  });

  test('is told to who holds a session: end and beginning, in milliseconds', async () => {
    const { verify } = createAuthenticator(tokenRules({ secret, requireExp: false }), { error: () => undefined });
    const exp = now() + 60;
    expect(await verify(await sign({ sub: 'alice', exp, iat: exp - 100 }))).toMatchObject({
      expires: exp * 1_000,
      issued: (exp - 100) * 1_000,
    });
    expect(await verify(await sign({ sub: 'alice' }))).toEqual({ user: 'alice', expires: Infinity, issued: 0 });
  });
});

describe('the kind of a token', () => {
  test.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', undefined])('may be %s', async (typ) => {
    expect(await outcome({}, {}, typ === undefined ? {} : { typ })).toBe('alice');
  });

  test.each(['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'x'])('must not be %s', async (typ) => {
    expect(await outcome({}, {}, { typ })).toBe('the token is of another kind: typ must be JWT or at+jwt');
  });
});
