import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createHash } from 'node:crypto';
import { build } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validate, version } from 'uuid';
import { createLoadIds, seeFrame } from '../../tools/load/src/frames.ts';
import { Histogram } from '../../tools/load/src/histogram.ts';
import { Ledger, arrivals } from '../../tools/load/src/ledger.ts';
import { LoadSocket } from '../../tools/load/src/socket.ts';

describe('the histogram', () => {
  it('agrees with HdrHistogram to one per cent', () => {
    const times = fc.array(fc.integer({ min: 1, max: 60_000_000 }), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(times, (micros) => {
        const histogram = new Histogram();
        const reference = build({ numberOfSignificantValueDigits: 4, highestTrackableValue: 100_000_000 });
        for (const time of micros) {
          histogram.record(time / 1000);
          reference.recordValue(time);
        }
        for (const q of [0.5, 0.9, 0.99, 0.999]) {
          const expected = reference.getValueAtPercentile(q * 100) / 1000;
          expect(Math.abs(histogram.quantile(q) - expected)).toBeLessThanOrEqual(expected * 0.01 + 0.001);
        }
        expect(histogram.percentiles().max).toBe(Math.max(...micros) / 1000);
      }),
      { numRuns: 50 },
    );
  });

  it('says 0 of nothing', () => {
    expect(new Histogram().percentiles()).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  });
});

describe('the ids of a run', () => {
  it('are UUIDv7 that tell side and number', () => {
    const ids = createLoadIds();
    for (const [side, number] of [
      [0, 0],
      [1, 7],
      [0, 123_456_789],
    ] as const) {
      const id = ids.make(side, number, performance.now());
      expect(validate(id) && version(id)).toBe(7);
      expect(ids.read(id)).toEqual({ side, number });
    }
  });

  it('are not taken for those of another run', () => {
    expect(createLoadIds().read(createLoadIds().make(0, 1, performance.now()))).toBeUndefined();
  });
});

describe('the look at a frame', () => {
  it('finds the same as a parser, whatever the texts and the order of the fields', () => {
    const frame = fc.record({ id: fc.string(), msg: fc.string(), seq: fc.integer({ min: 1 }), last: fc.boolean() });
    fc.assert(
      fc.property(frame, ({ id, msg, seq, last }) => {
        const nasty = `${msg}"type":"ack","seq":9,"clientId":"${msg}`;
        const user = { id: 'u', username: nasty };
        const rest = { id: `${id}:1`, clientId: 'the-id', seq, from: user, to: user, msg: nasty };
        const text = JSON.stringify(last ? { ...rest, type: 'message' } : { type: 'message', ...rest });
        expect(seeFrame(text)).toEqual({ type: 'message', id: 'the-id', seq });
      }),
    );
  });

  it('reads acks and errors, and leaves the rest aside', () => {
    const ack = { type: 'ack', id: 'x', message: 'dm~a~b:3', conversation: 'dm~a~b', seq: 3, duplicate: false };
    expect(seeFrame(JSON.stringify(ack))).toEqual({ type: 'ack', id: 'x', seq: 3 });
    expect(seeFrame('{"type":"ack","id":"x"}')).toEqual({ type: 'other' });
    expect(seeFrame('{"type":"welcome"}')).toEqual({ type: 'welcome' });
    expect(seeFrame('garbage')).toEqual({ type: 'other' });
    const error = { type: 'error', code: 'OVERLOADED', message: '', temporary: true };
    expect(seeFrame(JSON.stringify(error))).toEqual(error);
  });
});

describe('the ledger', () => {
  it('finds exactly what is lost, doubled and unanswered, in any order of arrival', () => {
    const fate = fc.record({
      acked: fc.boolean(),
      peer: fc.integer({ min: 0, max: 2 }),
      self: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 300 }), fc.integer(), (fates, salt) => {
        const ledger = new Ledger();
        let twice = 0;
        const happenings = fates.flatMap(({ acked, peer, self }, number) => [
          ...(acked ? [() => ledger.ack(number, number + 1)] : []),
          ...[...Array<number>(peer).fill(arrivals.peer), ...Array<number>(self).fill(arrivals.self)].map(
            (where) => () => (twice += ledger.arrive(number, where, number + 1) === 'again' ? 1 : 0),
          ),
        ]);
        fates.forEach(() => ledger.send(0));
        const order = (index: number): number => Math.imul(index + 1, salt | 1) >>> 0;
        [...happenings.keys()].sort((a, b) => order(a) - order(b)).forEach((index) => happenings[index]?.());
        const count = (of: (fate: (typeof fates)[number]) => number): number =>
          fates.reduce((total, one) => total + of(one), 0);
        expect(twice).toBe(count(({ peer, self }) => Math.max(0, peer - 1) + Math.max(0, self - 1)));
        expect(ledger.tally()).toEqual({
          lost: count(({ acked, peer, self }) => (acked ? Number(peer === 0) + Number(self === 0) : 0)),
          unanswered: count(({ acked }) => Number(!acked)),
        });
        expect(ledger.mismatched).toBe(0);
      }),
    );
  });

  it('knows what was never sent', () => {
    expect(new Ledger().arrive(3, arrivals.peer, 1)).toBe('never-sent');
  });
});

describe('the socket', () => {
  /** A server that upgrades, then writes the given bytes one by one. */
  async function trickle(bytes: Buffer) {
    let peer: Socket | undefined;
    const received: Buffer[] = [];
    const server = createServer((socket) => {
      peer = socket;
      socket.setNoDelay(true);
      socket.once('data', (request: Buffer) => {
        const key = /Sec-WebSocket-Key: (\S+)/.exec(request.toString())?.[1] ?? '';
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write(`HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        void (async () => {
          for (const byte of bytes) {
            socket.write(Buffer.from([byte]));
            await new Promise((resolve) => setImmediate(resolve));
          }
        })();
      });
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const texts: string[] = [];
    const closed = await new Promise<[number, string]>((resolve) => {
      new LoadSocket({ url, onText: (text) => texts.push(text), onClose: (...why) => resolve(why) });
    });
    peer?.destroy();
    server.close();
    return { texts, closed, received: Buffer.concat(received) };
  }

  const frame = (first: number, payload: string): Buffer => {
    const size = payload.length;
    const length = size < 126 ? [size] : [126, size >> 8, size & 255];
    return Buffer.concat([Buffer.from([first, ...length]), Buffer.from(payload, 'latin1')]);
  };

  it('puts frames together from single bytes, answers pings, and reads the close', async () => {
    const bytes = [frame(0x81, 'one'), frame(0x89, 'hey'), frame(0x81, 'x'.repeat(300)), frame(0x88, '\x0f\xa0drain')];
    const { texts, closed, received } = await trickle(Buffer.concat(bytes));
    expect(texts).toEqual(['one', 'x'.repeat(300)]);
    expect(closed).toEqual([4000, 'drain']);
    expect(received.subarray(0, 9)).toEqual(Buffer.from([0x8a, 0x83, 0, 0, 0, 0, ...Buffer.from('hey')]));
  });

  it('ends where it meets a frame that it does not read', async () => {
    expect((await trickle(frame(0x01, 'half'))).closed[0]).toBe(1002);
  });
});
