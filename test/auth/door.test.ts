import { describe, expect, test } from 'vitest';
import { createDoor } from '../../src/auth/door.ts';
import { doorOf } from '../support/settings.ts';

const evil = 'https://evil.example';
const listed = ['https://chat.example', 'http://x.test:8080', 'capacitor://localhost'];

describe('a door on loopback', () => {
  const door = createDoor(doorOf());

  test.each([
    ['no origin', undefined, '127.0.0.1:9092'],
    ['neither origin nor host', undefined, undefined],
    ['the same host and port', 'http://127.0.0.1:9092', '127.0.0.1:9092'],
    ['another port of this machine', 'http://localhost:3000', '127.0.0.1:9092'],
    ['TLS on this machine', 'https://localhost:3000', 'localhost:9092'],
    ['a name under localhost', 'http://chat.localhost:3000', 'localhost:9092'],
    ['IPv6', 'http://[::1]:3000', '[::1]:9092'],
    ['a host in capitals', undefined, 'LocalHost:9092'],
    ['a host without a port', undefined, 'localhost'],
  ])('lets in %s', (_what, origin, host) => {
    expect(door.refusal({ origin, host })).toBeUndefined();
  });

  test.each([
    ['another origin', evil, '127.0.0.1:9092'],
    ['the origin of a sandbox', 'null', '127.0.0.1:9092'],
    ['an empty origin', '', '127.0.0.1:9092'],
    ['nonsense as an origin', 'nonsense', '127.0.0.1:9092'],
    ['two origins', 'http://localhost:3000 https://evil.example', '127.0.0.1:9092'],
    ['a name that only begins like this machine', 'http://localhost.evil.example', '127.0.0.1:9092'],
    ['an address that only begins like this machine’s', 'http://127.0.0.1.evil.example', '127.0.0.1:9092'],
    ['another scheme', 'ftp://localhost', '127.0.0.1:9092'],
    ['a name that was made to lead here', undefined, 'evil.example:9092'],
    ['the same with an origin that fits it', 'http://evil.example:9092', 'evil.example:9092'],
    ['an empty host', undefined, ''],
  ])('refuses %s', (_what, origin, host) => {
    expect(door.refusal({ origin, host })).toEqual(expect.any(String));
  });

  test('lets its own HOST be named', () => {
    expect(
      createDoor(doorOf({ host: '127.0.0.5' })).refusal({ origin: undefined, host: '127.0.0.5:1' }),
    ).toBeUndefined();
    expect(createDoor(doorOf({ host: '::1' })).refusal({ origin: undefined, host: '[::1]:1' })).toBeUndefined();
  });
});

describe('a door that others reach', () => {
  const door = createDoor(doorOf({ host: '0.0.0.0', loopback: false }));

  test.each([
    ['whatever host', undefined, 'chat.example'],
    ['the same host', 'https://chat.example', 'chat.example'],
    ['the same host in capitals', 'https://chat.example', 'Chat.Example'],
    ['the same host and port', 'http://chat.example:8080', 'chat.example:8080'],
    ['the port that goes without saying', 'https://chat.example', 'chat.example:443'],
    ['the same, of http', 'http://chat.example', 'chat.example:80'],
  ])('lets in %s', (_what, origin, host) => {
    expect(door.refusal({ origin, host })).toBeUndefined();
  });

  test.each([
    ['another origin', evil, 'chat.example'],
    ['another port', 'https://chat.example:8443', 'chat.example'],
    ['the machine of the user', 'http://localhost:3000', 'chat.example'],
    ['an origin without a host to compare', 'https://chat.example', undefined],
    ['null', 'null', 'null'],
  ])('refuses %s', (_what, origin, host) => {
    expect(door.refusal({ origin, host })).toEqual(expect.any(String));
  });
});

describe('a door with a list', () => {
  test.each([true, false])('lets in exactly those, on loopback or not (%s)', (loopback) => {
    const door = createDoor(doorOf({ loopback, allowedOrigins: listed }));
    for (const origin of listed) expect(door.refusal({ origin, host: '127.0.0.1:9092' }), origin).toBeUndefined();
    for (const origin of [
      evil,
      'null',
      'http://localhost:3000',
      'http://127.0.0.1:9092',
      'https://chat.example.evil',
    ]) {
      expect(door.refusal({ origin, host: '127.0.0.1:9092' }), origin).toEqual(expect.any(String));
    }
    expect(door.open).toBe(false);
  });

  test('is reached under the names in it, as a proxy in front passes them on', () => {
    const door = createDoor(doorOf({ allowedOrigins: listed }));
    for (const host of ['chat.example', 'chat.example:443', 'x.test:8080']) {
      expect(door.refusal({ origin: undefined, host }), host).toBeUndefined();
    }
    expect(door.refusal({ origin: undefined, host: 'evil.example' })).toEqual(expect.any(String));
  });
});

test('a door for all lets in every origin under every host', () => {
  const door = createDoor(doorOf({ allowedOrigins: '*' }));
  for (const origin of [evil, 'null', undefined])
    expect(door.refusal({ origin, host: 'evil.example' })).toBeUndefined();
  expect(door.open).toBe(true);
});
