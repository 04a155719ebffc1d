import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isFaultless } from '../../tools/load/src/report.ts';
import { runLoad } from '../../tools/load/src/run.ts';
import type { LoadOptions } from '../../tools/load/src/options.ts';
import { createProgram } from '../../tools/load/src/cli.ts';
import { startFakeServer } from '../support/fake-server.ts';
import type { FakeServer, Faults } from '../support/fake-server.ts';

let server: FakeServer | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

const quick = { pairs: 3, window: 4, seconds: 0.4, warmup: 0.1, grace: 0.2, size: 40, idle: 0, prefix: 'tester' };
const now = (seq: number): boolean => seq % 50 === 7;

async function load(faults: Faults, options: Partial<LoadOptions> = {}) {
  server = await startFakeServer(faults);
  return runLoad({ ...quick, url: server.url, ...options });
}

describe('load on a server that keeps its promises', () => {
  it('finds nothing in a closed loop', async () => {
    const report = await load({});
    expect(report).toMatchObject({ lost: 0, twice: 0, outOfOrder: 0, mismatched: 0, unanswered: 0, errors: {} });
    expect(report.delivered).toBe(report.sent);
    expect(report.acked).toBe(report.sent);
    expect(report.deliveredPerSecond).toBeGreaterThan(100);
    expect(report.latencyMs.p50).toBeGreaterThan(0);
    expect(report.latencyMs.max).toBeGreaterThanOrEqual(report.latencyMs.p999);
    expect(isFaultless(report)).toBe(true);
  });

  it('sends at the planned rate in an open loop, and tells how late it was itself', async () => {
    const begun = performance.now();
    const report = await load({}, { rate: 500, seconds: 1 });
    // Never ahead of the plan, as a closed loop would be by far; a machine without time to spare may leave it behind.
    expect(report.sent).toBeLessThanOrEqual(0.5 * (performance.now() - begun));
    expect(report.sent).toBeGreaterThan(250);
    expect(report.delivered).toBe(report.sent);
    expect(report.lateMs).not.toBeNull();
    expect(isFaultless(report)).toBe(true);
  });

  it('counts the wait of messages that a stalled server kept from being sent in time', async () => {
    const stall = (count: number): undefined => {
      if (count === 100) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    };
    const report = await load({ refuse: stall }, { rate: 500, seconds: 0.8 });
    expect(report.latencyMs.p90).toBeGreaterThan(50);
    expect(report.lost).toBe(0);
  });

  it('holds idle connections open meanwhile', async () => {
    const report = await load({}, { idle: 150 });
    expect(report.idle).toBe(150);
    expect(isFaultless(report)).toBe(true);
  });

  it('excuses temporary refusals, and goes on after them', async () => {
    const report = await load({
      refuse: (count) => (count % 20 === 3 ? { code: 'OVERLOADED', temporary: true } : undefined),
    });
    expect(report.errors.OVERLOADED).toBeGreaterThan(0);
    expect(report.delivered).toBe(report.acked);
    expect(isFaultless(report)).toBe(true);
  });
});

describe('load on a server that breaks its promises', () => {
  it('catches messages that were acked and not delivered', async () => {
    const report = await load({ copies: (seq) => (now(seq) ? 0 : 1) });
    expect(report.lost).toBeGreaterThan(0);
    expect(isFaultless(report)).toBe(false);
  });

  it('counts exactly one lost where one was lost', async () => {
    let lost = 0;
    const report = await load({ copies: (seq) => (seq === 9 && lost++ === 0 ? 0 : 1) });
    expect(report.lost).toBe(1);
    expect(report.delivered).toBe(report.acked - 1);
  });

  it('catches the last message of a conversation, which no later seq betrays', async () => {
    let last = 0;
    const report = await load({ copies: (seq) => (seq === 3 ? (last++, 0) : 1) }, { pairs: 1, window: 1, rate: 5 });
    expect(last).toBe(1);
    expect(report.lost).toBe(1);
  });

  it('catches messages that came twice', async () => {
    let doubled = 0;
    const report = await load({ copies: (seq) => (now(seq) ? (doubled++, 2) : 1) });
    expect(doubled).toBeGreaterThan(0);
    expect(report).toMatchObject({ lost: 0, twice: doubled, outOfOrder: 0 });
    expect(isFaultless(report)).toBe(false);
  });

  it('catches messages that came after their successor', async () => {
    const report = await load({ late: now });
    expect(report.outOfOrder).toBeGreaterThan(0);
    expect(report).toMatchObject({ lost: 0, twice: 0 });
    expect(isFaultless(report)).toBe(false);
  });

  it('catches acks that name another seq than the message has', async () => {
    const report = await load({ ackedSeq: (seq) => (now(seq) ? seq + 1 : seq) });
    expect(report.mismatched).toBeGreaterThan(0);
    expect(isFaultless(report)).toBe(false);
  });

  it('catches messages without any answer', async () => {
    const report = await load({ unacked: now });
    expect(report.unanswered).toBeGreaterThan(0);
    expect(isFaultless(report)).toBe(false);
  });

  it('counts permanent errors by code', async () => {
    const report = await load({ refuse: () => ({ code: 'USER_NOT_FOUND', temporary: false }) });
    expect(report.errors.USER_NOT_FOUND).toBeGreaterThan(0);
    expect(isFaultless(report)).toBe(false);
  });

  it('counts sockets that the server did not keep', async () => {
    const report = await load({ close: (count) => (count === 30 ? 4008 : undefined) });
    expect(report.errors).toMatchObject({ CLOSED_4008: 1 });
    expect(isFaultless(report)).toBe(false);
  });

  it('counts sockets that came back and could not go on from their cursor', async () => {
    const report = await load({}, { dropRate: 50 });
    expect(report.resumes?.notRecovered).toBeGreaterThan(0);
    expect(isFaultless(report)).toBe(false);
  });

  it('counts histories that do not reach the newest acked message', async () => {
    const rest = createServer((request, response) => {
      const whole = request.headers['x-user-id'] === 'tester-0' && request.url?.endsWith('/messages?limit=1') === true;
      response.end(JSON.stringify({ items: [], lastSeq: whole ? 1_000_000 : 1 }));
    }).listen(0, '127.0.0.1');
    await once(rest, 'listening');
    const httpUrl = new URL(`http://127.0.0.1:${(rest.address() as AddressInfo).port}`);
    const report = await load({}, { httpUrl });
    rest.closeAllConnections();
    rest.close();
    expect(report.historiesBehind).toBe(2);
    expect(isFaultless(report)).toBe(false);
  });

  it('says so where nobody listens', async () => {
    await expect(runLoad({ ...quick, url: new URL('ws://127.0.0.1:9/v1/ws') })).rejects.toThrow('ECONNREFUSED');
  });

  it('says so where the path is another', async () => {
    server = await startFakeServer();
    await expect(runLoad({ ...quick, url: new URL('/elsewhere', server.url) })).rejects.toThrow();
  });
});

describe('weiliao load', () => {
  let printed = '';

  beforeEach(() => {
    printed = '';
    const note = (text: string | Uint8Array): boolean => ((printed += String(text)), true);
    vi.spyOn(process.stdout, 'write').mockImplementation(note);
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  async function run(faults: Faults, ...args: string[]): Promise<unknown> {
    server = await startFakeServer(faults);
    const program = createProgram().exitOverride();
    const common = ['--url', server.url.href, '--pairs', '2', '--seconds', '0.3', '--warmup', '0', '--grace', '0.2'];
    await program.parseAsync([...common, ...args], { from: 'user' });
    return process.exitCode;
  }

  it('exits 0 where every promise was kept, and prints what it measured', async () => {
    expect(await run({})).toBe(0);
    expect(printed).toMatch(/delivered +\d+\/s/);
    expect(printed).toMatch(/send to delivery +p50 [\d.]+ {2}p90/);
    expect(printed).toMatch(/lost +0/);
  });

  it.each([
    ['loses', { copies: (seq: number) => (now(seq) ? 0 : 1) }],
    ['doubles', { copies: (seq: number) => (now(seq) ? 2 : 1) }],
    ['reorders', { late: now }],
  ])('exits 1 where the server %s', async (_, faults) => {
    expect(await run(faults)).toBe(1);
  });

  it('prints one JSON object with --json', async () => {
    expect(await run({}, '--json', '--rate', '100')).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ rate: 100, window: null, lost: 0 });
  });

  it.each([
    ['--pairs', '0'],
    ['--pairs', '1.5'],
    ['--rate', 'fast'],
    ['--size', '9000'],
    ['--url', 'http://127.0.0.1'],
    ['--prefix', 'a b'],
  ])('refuses %s %s', async (flag, value) => {
    await expect(run({}, flag, value)).rejects.toThrow(flag);
  });
});
