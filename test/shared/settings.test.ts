import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { misspeltSettings, readConfig } from '../../src/shared/config.ts';
import { secretSettings, settings } from '../../src/shared/config/settings.ts';
import { ownFolder } from '../support/server.ts';

const secret = 'a secret of thirty-two bytes, or more';
const jwt = { AUTH: 'jwt', JWT_SECRET: secret };

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('ALLOWED_ORIGINS', () => {
  test.each([
    ['https://chat.example/', 'browsers send https://chat.example'],
    ['https://chat.example/path', 'browsers send https://chat.example'],
    ['https://Chat.Example', 'browsers send https://chat.example'],
    ['HTTPS://chat.example', 'browsers send https://chat.example'],
    ['https://chat.example:443', 'browsers send https://chat.example'],
    ['http://chat.example:80', 'browsers send http://chat.example'],
    ['https://user@chat.example', 'browsers send https://chat.example'],
    ['chat.example', 'begins with its scheme'],
    ['localhost:3000', 'begins with its scheme'],
    ['https://*.example', 'no wildcard'],
    ['https://chat.example,*', 'stands alone'],
    ['null', 'begins with its scheme'],
    ['https://', 'is no origin'],
  ])('%s can never match, and stops the start with the reason', (value, reason) => {
    const faults = faultsOf({ ALLOWED_ORIGINS: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^ALLOWED_ORIGINS: /);
    expect(faults[0]).toContain(reason);
  });

  test('tells of each origin that is wrong', () => {
    expect(faultsOf({ ALLOWED_ORIGINS: 'https://a.example/, https://good.example, b.example' })).toHaveLength(2);
  });

  test('takes origins as browsers and apps send them, or all', () => {
    const value = 'https://chat.example, http://localhost:3000,http://[::1]:8080, capacitor://localhost';
    const origins = ['https://chat.example', 'http://localhost:3000', 'http://[::1]:8080', 'capacitor://localhost'];
    expect(readConfig({ ALLOWED_ORIGINS: value }).door.allowedOrigins).toEqual(origins);
    expect(readConfig({ ALLOWED_ORIGINS: '*' }).door.allowedOrigins).toBe('*');
    expect(readConfig({}).door.allowedOrigins).toBeUndefined();
  });

  test('was called CORS_ORIGINS; one of them may be given', () => {
    expect(readConfig({ CORS_ORIGINS: 'https://a.example' }).door.allowedOrigins).toEqual(['https://a.example']);
    expect(faultsOf({ CORS_ORIGINS: 'https://a.example/' })[0]).toMatch(/^CORS_ORIGINS: /);
    expect(faultsOf({ CORS_ORIGINS: '*', ALLOWED_ORIGINS: '*' })[0]).toMatch(/^CORS_ORIGINS: .*ALLOWED_ORIGINS/);
  });
});

describe('AUTH', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'chat.example'])('none on %s needs INSECURE=1', (HOST) => {
    expect(faultsOf({ HOST })).toEqual([expect.stringMatching(/^AUTH: none with HOST=.*INSECURE=1/)]);
    expect(faultsOf({ HOST, INSECURE: '1' })).toEqual([]);
    expect(faultsOf({ HOST, ...jwt })).toEqual([]);
    expect(faultsOf({ HOST, ROLES: 'projector' })).toEqual([]);
  });

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'chat.localhost'])('none on %s needs nothing', (HOST) => {
    expect(faultsOf({ HOST })).toEqual([]);
  });

  test('proxy needs USER_HEADER, which is for nothing else', () => {
    expect(faultsOf({ AUTH: 'proxy' })).toEqual(['AUTH: proxy needs USER_HEADER']);
    expect(faultsOf({ AUTH: 'proxy', USER_HEADER: 'no header' })[0]).toMatch(/^USER_HEADER: /);
    expect(faultsOf({ USER_HEADER: 'X-User' })).toEqual(['USER_HEADER: is for AUTH=proxy']);
    expect(faultsOf({ AUTH: 'proxy', USER_HEADER: 'X-User', JWT_SECRET: secret })[0]).toMatch(/^AUTH: proxy takes no/);
    const { auth } = readConfig({ AUTH: 'proxy', USER_HEADER: 'X-Auth-User' });
    expect(auth).toEqual({ mode: 'proxy', userHeader: 'x-auth-user' });
  });

  test('jwt takes lists of audiences and issuers, and asks for an end where not told otherwise', () => {
    const rules = { JWT_AUDIENCE: 'chat, web', JWT_ISSUER: 'https://id.example', JWT_USER_CLAIM: 'user.id' };
    expect(readConfig({ ...jwt, ...rules }).auth).toMatchObject({
      audience: ['chat', 'web'],
      issuer: ['https://id.example'],
      userClaim: 'user.id',
      requireExp: true,
      maxAgeS: 0,
    });
    const loose = readConfig({ ...jwt, JWT_REQUIRE_EXP: '0', JWT_MAX_AGE_S: '600' });
    expect(loose.auth).toMatchObject({ requireExp: false, maxAgeS: 600 });
  });
});

describe('keys', () => {
  test.each([
    ['a short JWT_SECRET', { JWT_SECRET: 'x'.repeat(31) }, /^JWT_SECRET: must be 32 bytes/],
    ['a PEM as JWT_SECRET', { JWT_SECRET: `-----BEGIN PUBLIC KEY-----\n${'x'.repeat(60)}` }, /^JWT_SECRET: .*PEM/],
    ['a JWKS_URL without TLS', { JWKS_URL: 'http://id.example/keys' }, /^JWKS_URL: must be https/],
  ])('%s stops the start', (_what, keys, fault) => {
    const faults = faultsOf({ AUTH: 'jwt', ...keys });
    expect(faults).toEqual([expect.stringMatching(fault)]);
    for (const value of Object.values(keys)) expect(faults.join()).not.toContain(value);
  });

  test.each([
    ['32 bytes of JWT_SECRET', { JWT_SECRET: 'ü'.repeat(16) }],
    ['JWKS_URL with TLS', { JWKS_URL: 'https://id.example/keys' }],
    ['JWKS_URL on loopback', { JWKS_URL: 'http://127.0.0.1:8080/keys' }],
    ['JWKS_URL on localhost', { JWKS_URL: 'http://localhost/keys' }],
    ['JWKS_URL on ::1', { JWKS_URL: 'http://[::1]:8080/keys' }],
  ])('%s is good', (_what, keys) => {
    expect(faultsOf({ AUTH: 'jwt', ...keys })).toEqual([]);
  });
});

describe('a secret from a file', () => {
  function fileOf(text: string): string {
    const path = join(ownFolder(), 'secret');
    writeFileSync(path, text);
    return path;
  }

  const values: Readonly<Record<(typeof secretSettings)[number], string>> = {
    EVENTSTORE_URL: 'esdb://host:2113',
    MONGODB_URL: 'mongodb://host/weiliao',
    JWT_SECRET: secret,
    JWT_PUBLIC_KEY: 'a PEM',
    JWKS_URL: 'https://id.example/keys',
  };

  test.each(secretSettings)('stands for %s, without the line break at its end', (name) => {
    const key = name.startsWith('J') ? { AUTH: 'jwt' } : {};
    for (const end of ['', '\n', '\r\n']) {
      const read = readConfig({ ...key, [`${name}_FILE`]: fileOf(values[name] + end) });
      expect(read).toEqual(readConfig({ ...key, [name]: values[name] }));
    }
  });

  test('keeps every line break but the last', () => {
    const { auth } = readConfig({ AUTH: 'jwt', JWT_SECRET_FILE: fileOf(`${secret}\n\n`) });
    expect(auth).toMatchObject({ secret: `${secret}\n` });
  });

  test.each<[string, () => Record<string, string>, RegExp]>([
    ['beside the setting', () => ({ ...jwt, JWT_SECRET_FILE: fileOf(secret) }), /not both/],
    ['that is missing', () => ({ AUTH: 'jwt', JWT_SECRET_FILE: join(ownFolder(), 'none') }), /cannot be read: ENOENT/],
    ['that is empty', () => ({ AUTH: 'jwt', JWT_SECRET_FILE: fileOf('\n') }), /is empty/],
    ['that is a folder', () => ({ AUTH: 'jwt', JWT_SECRET_FILE: ownFolder() }), /cannot be read: EISDIR/],
  ])('%s stops the start', (_what, env, fault) => {
    const faults = faultsOf(env());
    expect(faults[0]).toMatch(/^JWT_SECRET_FILE: /);
    expect(faults[0]).toMatch(fault);
    expect(faults.join()).not.toContain(secret);
    expect(faults).toHaveLength(1);
  });
});

describe('TRUST_PROXY', () => {
  test('takes addresses, networks and loopback', () => {
    const { trustedProxies } = readConfig({ TRUST_PROXY: '192.0.2.7, 10.0.0.0/8, 2001:db8::/32, loopback' }).door;
    for (const address of ['192.0.2.7', '10.1.2.3', '127.0.0.9']) expect(trustedProxies!.check(address)).toBe(true);
    for (const address of ['2001:db8::5', '::1']) expect(trustedProxies!.check(address, 'ipv6')).toBe(true);
    expect(trustedProxies!.check('192.0.2.8')).toBe(false);
  });

  test.each(['1', 'true', 'proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0', '2001:db8::/129', '10.0.0.0/x'])(
    'does not take %s',
    (value) => {
      expect(faultsOf({ TRUST_PROXY: value })).toEqual([expect.stringMatching(/^TRUST_PROXY: .*must be an address/)]);
    },
  );
});

test('OPS_PORT is a port, or there is none', () => {
  expect(readConfig({ OPS_PORT: '9100' }).opsPort).toBe(9100);
  expect(readConfig({}).opsPort).toBeUndefined();
  expect(faultsOf({ OPS_PORT: '70000' })[0]).toMatch(/^OPS_PORT: /);
});

describe('limits that tell people apart', () => {
  test('are off where nobody else can come, and on where strangers can', () => {
    const { limits: alone } = readConfig({});
    expect([alone.commandRate, alone.helloRate, alone.lookupRate, alone.refusalRate]).toEqual([0, 0, 0, 0]);
    expect([alone.socketsPerUser, alone.socketsPerAddress, alone.commandsInFlightPerUser]).toEqual([0, 0, 0]);
    for (const env of [jwt, { HOST: '0.0.0.0', INSECURE: '1' }]) {
      const { limits } = readConfig(env);
      expect([limits.commandRate, limits.helloRate, limits.lookupRate, limits.refusalRate]).toEqual([500, 100, 50, 50]);
      expect([limits.socketsPerUser, limits.socketsPerAddress, limits.commandsInFlightPerUser]).toEqual([
        100, 1_000, 500,
      ]);
    }
  });

  test('are what they are set to, 0 too', () => {
    const { limits } = readConfig({ ...jwt, RATE_LIMIT: '0', HELLO_RATE: '7', MAX_SOCKETS_PER_USER: '0' });
    expect(limits).toMatchObject({ commandRate: 0, helloRate: 7, socketsPerUser: 0 });
  });
});

test('every setting says what it means and what it is unset', () => {
  for (const [name, { meaning, unset }] of Object.entries(settings)) {
    expect(meaning, name).not.toBe('');
    expect(unset !== '' || name === 'CORS_ORIGINS', name).toBe(true);
  }
});

describe('a variable that looks like a setting', () => {
  test.each([
    ['HTTP_PRT', 'HTTP_PORT'],
    ['HTTP_PROT', 'HTTP_PORT'],
    ['http_port', 'HTTP_PORT'],
    ['WEILIAO_HTTP_PORT', 'HTTP_PORT'],
    ['WEILIAO_HOST', 'HOST'],
    ['ROLE', 'ROLES'],
    ['DATADIR', 'DATA_DIR'],
    ['DATA-DIR', 'DATA_DIR'],
    ['MONGO_URL', 'MONGODB_URL'],
    ['EVENTSTOREDB_URL', 'EVENTSTORE_URL'],
    ['JWT_SECRT_FILE', 'JWT_SECRET_FILE'],
    ['JWT_ISSUER_FILE', 'JWT_ISSUER'],
  ])('%s is told with what may be meant: %s', (setting, meant) => {
    expect(misspeltSettings({ [setting]: 'x' })).toEqual([{ setting, meant }]);
    expect(misspeltSettings({ [setting]: '' })).toEqual([]);
  });

  test('is told apart from what other programs are set by, and from what is one', () => {
    const others = ['HOME', 'PATH', 'HOSTNAME', 'OAUTH', 'DB_PORT', 'HTTP_PROXY', 'HTTPS_PROXY', 'NODE_ENV', 'LOGNAME'];
    const composed = ['MONGODB_ROOT_PASSWORD', 'WEILIAO_PORT_9092_TCP', 'WEILIAO_SERVICE_HOST', 'EVENTSTORE_PASSWORD'];
    const ours = [...Object.keys(settings), ...secretSettings.map((name) => `${name}_FILE`)];
    for (const name of [...others, ...composed, ...ours]) expect(misspeltSettings({ [name]: 'x' }), name).toEqual([]);
  });
});
