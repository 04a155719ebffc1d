import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Promises } from '../support/ledger.ts';
import { sharedServer, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { until, within } from '../support/until.ts';

/** The sum of a metric's samples whose labels contain a text. */
async function metric(server: Server, name: string, labels = ''): Promise<number> {
  const text = await server.get<string>('/metrics');
  const samples = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
  return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const upgrade = [
  'GET /v1/ws HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

async function rawSocket(server: Server): Promise<Socket> {
  const socket = connect(server.wsPort, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** A text frame, masked with zeros. */
function frameOf(value: object): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
}

describe('a client that does not read', () => {
  test('is closed with 4008; the others get everything, its own other device too, and acks stay fast', async () => {
    const server = await startServer({ MAX_BUFFERED_BYTES: '65536' });
    const [slow, quick] = [await enter(server, 'bob'), await enter(server, 'bob')];
    const alice = await enter(server, 'alice');
    slow.raw.pause();
    const msg = 'x'.repeat(8_000);
    let sent = 0;
    let slowest = 0;
    await until(
      async () => {
        for (let burst = 0; burst < 100; burst += 1)
          alice.send({ type: 'send', id: `m${sent + burst}`, to: 'bob', msg });
        const begun = Date.now();
        for (let burst = 0; burst < 100; burst += 1) await alice.ack(`m${sent + burst}`);
        slowest = Math.max(slowest, Date.now() - begun);
        sent += 100;
        return (await metric(server, 'weiliao_', 'code="4008"')) > 0;
      },
      'the slow one is closed',
      { everyMs: 0 },
    );
    for (let revision = 0; revision < sent; revision += 1)
      expect((await quick.next('message')).revision).toBe(revision);
    expect(slowest).toBeLessThan(3_000);
    slow.raw.resume();
    expect(await slow.closeCode()).toBe(4008);
    const got = slow.messages.map(({ revision }) => revision);
    expect(got).toEqual(got.map((_revision, index) => index));
    expect(got.length).toBeLessThan(sent);
    expect(quick.isOpen && alice.isOpen).toBe(true);
  });
});

describe('peers that behave badly', () => {
  const server = sharedServer();

  test('a thousand that connect and vanish leave nothing behind, and a pair chats on all the while', async () => {
    const before = await metric(server(), 'weiliao_sockets');
    const [alice] = [await enter(server(), 'alice'), await enter(server(), 'bob')];
    const sender = new Promises('alice', 'bob');
    const chatting = sender.keepSending(alice, 300, 5);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const socket = await rawSocket(server());
          if (index % 4 > 0) socket.write(upgrade);
          if (index % 4 > 1) {
            await once(socket, 'data');
            socket.write(frameOf({ type: 'hello', user: `ghost-${index}` }));
          }
          if (index % 4 === 3) socket.write(Buffer.from([0x81, 0xfe, 0x10]));
          if (index % 2 === 0) socket.resetAndDestroy();
          else socket.destroy();
        }),
      );
    }
    await chatting;
    await sender.expectKept(server());
    await until(async () => (await metric(server(), 'weiliao_sockets')) === before + 2, 'only the pair is left');
  });

  test.each([
    ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['an opcode that is none', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['a ping that is too long', Buffer.from([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0])],
    ['a length of 2^63', Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a close frame of one byte', Buffer.from([0x88, 0x81, 0, 0, 0, 0, 0x03])],
    ['no WebSocket at all', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('a frame with %s ends that socket and no other', async (_name, bytes) => {
    const socket = await rawSocket(server());
    socket.write(upgrade);
    await once(socket, 'data');
    socket.write(bytes);
    socket.resume();
    await within(once(socket, 'close'), 'the end of the socket');
    await (await enter(server(), 'witness')).settled();
  });

  test.skipIf(process.env['SLOW'] === undefined)(
    'one that answers no pings is gone within 60 s (run with SLOW=1)',
    async () => {
      const before = await metric(server(), 'weiliao_sockets');
      const socket = await rawSocket(server());
      socket.write(upgrade);
      await once(socket, 'data');
      socket.write(frameOf({ type: 'hello', user: 'dead' }));
      socket.resume();
      await until(async () => (await metric(server(), 'weiliao_sockets')) === before + 1, 'it is there');
      const begun = Date.now();
      await until(async () => (await metric(server(), 'weiliao_sockets')) === before, 'it is gone', {
        withinMs: 70_000,
        everyMs: 500,
      });
      expect(Date.now() - begun).toBeLessThan(60_500);
    },
  );
});
