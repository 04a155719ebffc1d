import { describe, expect, test } from 'vitest';
import { addressKey, clientAddress } from '../../src/auth/client-address.ts';
import { readConfig } from '../../src/shared/config.ts';

const trusted = readConfig({ TRUST_PROXY: '10.0.0.0/8, loopback, 2001:db8:1::/48' }).door.trustedProxies;

describe('the address of a client', () => {
  test.each([
    ['the connection, where nothing is said', '192.0.2.1', undefined, '192.0.2.1'],
    ['the connection, where whoever connects is no proxy', '192.0.2.1', '198.51.100.9', '192.0.2.1'],
    ['what a trusted proxy says', '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['the last hop, not what the client made up', '10.0.0.1', '1.1.1.1, 198.51.100.9', '198.51.100.9'],
    ['the hop before a chain of trusted proxies', '127.0.0.1', '1.1.1.1, 198.51.100.9, 10.2.3.4', '198.51.100.9'],
    ['the hop before a trusted address that was made up', '10.0.0.1', '10.9.9.9, 198.51.100.9', '198.51.100.9'],
    ['the first proxy, where all are trusted', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['the proxy, where it says nonsense', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['the proxy, where it says nothing', '10.0.0.1', '', '10.0.0.1'],
    ['the last hop that is one', '10.0.0.1', 'evil, 10.0.0.2', '10.0.0.2'],
    ['without a port', '10.0.0.1', '198.51.100.9:51234', '198.51.100.9'],
    ['of IPv6 without brackets and port', '10.0.0.1', '[2001:db8::9]:51234', '2001:db8::9'],
    ['of IPv4 over IPv6', '::ffff:192.0.2.1', undefined, '192.0.2.1'],
    ['of IPv4 over IPv6 written out', '0000:0000:0000:0000:0000:ffff:c000:0201', undefined, '192.0.2.1'],
    ['of IPv6 written out, in short', '2001:0db8:0000:0000:0000:0000:0000:0001', undefined, '2001:db8::1'],
    ['behind a proxy of IPv4 over IPv6', '::ffff:10.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['behind a proxy of IPv6', '2001:db8:1::1', '2001:db8:2::9', '2001:db8:2::9'],
    ['nothing, of a connection that is gone', '', '198.51.100.9', ''],
  ])('is %s', (_what, remote, forwarded, address) => {
    expect(clientAddress(remote, forwarded, trusted)).toBe(address);
  });

  test('is the connection’s where nobody is trusted', () => {
    expect(clientAddress('127.0.0.1', '198.51.100.9', undefined)).toBe('127.0.0.1');
  });
});

describe('limits of an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts under %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  test('all addresses of one customer of IPv6 count together, however they are written', () => {
    const written = ['2001:db8:0:5::1', '2001:db8:0:5:0:0:0:2', '2001:DB8:0:5::3', '2001:0db8:0000:0005::4'];
    expect(new Set(written.map(addressKey)).size).toBe(1);
  });
});
