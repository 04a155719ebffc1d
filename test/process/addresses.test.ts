import { expect, test } from 'vitest';
import { addressesOf } from '../../src/process/addresses.ts';

test.each([
  ['127.0.0.1', '127.0.0.1:9092'],
  ['0.0.0.0', '127.0.0.1:9092'],
  ['::', '[::1]:9092'],
  ['fe80::1', '[fe80::1]:9092'],
  ['localhost', 'localhost:9092'],
  ['chat.example', 'chat.example:9092'],
])('on HOST=%s what listens is at %s', (host, at) => {
  expect(addressesOf(host, { httpPort: 9092, wsPort: 9093 })).toEqual({
    open: `http://${at}/`,
    docs: `http://${at}/docs`,
    sockets: `ws://${at}/v1/ws`,
  });
});

test('where no gateway runs there is no socket to open', () => {
  expect(addressesOf('127.0.0.1', { httpPort: 9092 })).not.toHaveProperty('sockets');
});
