import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { translate } from '../../src/read-model/mongodb/errors.ts';
import { ReadModelUnavailableError } from '../../src/read-model/read-model.ts';

test('a socket that the server has left passes, also where Node notices it before the system does', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  await once(socket, 'close');
  server.close();
  const error = await new Promise((resolve) => socket.write('late', resolve));
  expect(error).toMatchObject({ code: 'EPIPE' });
  expect(error).not.toHaveProperty('syscall');
  expect(translate(error)).toBeInstanceOf(ReadModelUnavailableError);
});

test('what is nobody else’s fault stays as it is', () => {
  for (const error of [new TypeError('a bug'), Object.assign(new Error('odd'), { code: 'ERR_INVALID_ARG_TYPE' })]) {
    expect(translate(error)).toBe(error);
  }
});
