import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { closeCodes } from '../../src/protocol/close-codes.ts';
import { allErrorCodes } from '../../src/protocol/error-codes.ts';
import { createChance, fuzzFrame, mutateObject, mutateText } from '../support/fuzzer.ts';
import type { Chance } from '../support/fuzzer.ts';
import { Promises } from '../support/ledger.ts';
import { testTimeout } from '../support/properties.ts';
import { startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { connectChat, connectOriginal, enter } from '../support/socket.ts';
import type { Chat, OriginalChat } from '../support/socket.ts';
import { thorough } from '../support/thorough.ts';
import { within } from '../support/until.ts';

/** How many frames, and a quarter as many requests. `FUZZ` for another number, `FUZZ_SEED` to run one again. */
const runs = Number(process.env['FUZZ'] ?? (thorough ? 240_000 : 40_000));
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const minutes = testTimeout * (1 + runs / 4_000);

/** As where strangers come, but for the rates that would only make it take longer. */
const limits = {
  RATE_LIMIT: '500',
  MAX_IN_FLIGHT_PER_USER: '500',
  HELLO_RATE: '10000',
  LOOKUP_RATE: '50',
  REFUSAL_RATE: '200',
  MAX_SOCKETS_PER_USER: '100',
  MAX_SOCKETS_PER_ADDRESS: '1000',
};

/** What a socket may be closed with: by us, by a peer, or cut for a frame that is far too long. */
const knownCloses: readonly number[] = [...Object.values(closeCodes), 1006];

const users = ['f1', 'f2', 'f3', '1001', '1002'];
const frames = [
  { type: 'hello', user: 'f1', username: 'F', device: 'd', cursor: 'zzzzzzzzzzzzzzzzzzzzzz' },
  { type: 'send', id: 'id-1', to: 'f2', msg: 'text' },
  { type: 'send', id: 'id-2', conversation: 'dm~f1~f2', msg: 'text' },
  { type: 'read', id: 'id-3', conversation: 'dm~f1~f2', seq: 1 },
  { type: 'typing', conversation: 'dm~f1~f2', on: true },
  { type: 'ping' },
];
const originalFrames = [
  { toId: 1002, msg: 'text' },
  { toId: 'f1', msg: 'text' },
];

/** Resident memory in MB; undefined where the system does not tell. */
function memoryOf({ pid }: Server): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}

/** Keeps a socket fuzzed, a new one each time the server has had enough of it. */
async function fuzzSocket(
  open: () => Promise<Chat | OriginalChat>,
  templates: typeof frames | typeof originalFrames,
  chance: Chance,
  count: number,
): Promise<void> {
  let socket = await open();
  let recent: (string | Buffer)[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    if (!socket.isOpen) {
      expect(knownCloses).toContain(await socket.closeCode());
      socket = await open();
      recent = [];
    }
    const frame = fuzzFrame(templates, chance);
    recent.push(frame);
    socket.send(frame);
    if (sent % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (recent.length > 50) recent.shift();
    const internal = socket.frames.filter((answer) => 'code' in answer && answer.code === 'INTERNAL');
    if (internal.length > 0 || socket.faults.length > 0) {
      const told = recent.map((one) => one.slice(0, 300).toString());
      expect({ internal, faults: socket.faults, after: told }).toEqual({ internal: [], faults: [], after: told });
    }
    socket.frames.length = 0;
  }
  socket.cut();
}

const paths = [
  ...['/v1/users', '/v1/users/f1', '/v1/messages', '/v1/messages/dm~f1~f2:1', '/v1/conversations?limit=5&before=MTox'],
  ...['/v1/conversations/dm~f1~f2/messages?limit=2&before=3', '/v1/conversations/dm~f1~f2/read', '/user?fromId=1001'],
  ...['/message?fromId=1001&toId=1002&page=1&rows=10', '/metrics', '/healthz', '/readyz', '/docs', '/openapi.json'],
];
const bodies = [
  { id: 'f9', username: 'x', avatar: null },
  { id: 'rest-1', to: 'f2', msg: 'text' },
  { id: 'rest-2', conversation: 'dm~f1~f2', msg: 'text' },
  { seq: 1 },
];

/** A request by hand, since clients would mend it, and its answer; '' where the connection just ends. */
async function ask(server: Server, chance: Chance): Promise<{ request: string; answer: string }> {
  const path = chance.next() < 0.5 ? chance.one(paths) : mutateText(chance.one(paths), chance);
  const body = JSON.stringify(chance.next() < 0.3 ? chance.one(bodies) : mutateObject(chance.one(bodies), chance));
  const sent = chance.next() < 0.8 ? body : mutateText(body, chance);
  const headers = [
    `Host: localhost`,
    `Connection: close`,
    `X-User-Id: ${chance.one(['f1', 'f1', 'f2', 'a b', '', '\u00e9', 'x'.repeat(500)])}`,
    `Content-Type: ${chance.one(['application/json', 'application/json', 'application/json; charset=utf-16', 'text/plain', ''])}`,
    `Content-Length: ${Buffer.byteLength(sent) + chance.one([0, 0, 0, 0, -1, 5])}`,
    ...(chance.next() < 0.2
      ? [`Weiliao-Min-Position: ${chance.one(['0', '1', 'x', '-1', '1e3', '99999999999999999999'])}`]
      : []),
    ...(chance.next() < 0.05
      ? [chance.one(['Transfer-Encoding: chunked', 'Expect: 100-continue', 'Bad Header', `X: ${'y'.repeat(20_000)}`])]
      : []),
  ];
  const method = chance.one(['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'BREW']);
  const request = `${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${sent}`;
  const socket = connect(server.httpPort, '127.0.0.1');
  let answer = '';
  socket
    .on('error', () => undefined)
    .setEncoding('latin1')
    .on('data', (text: string) => (answer += text));
  socket.end(request);
  await within(once(socket, 'close'), () => `the answer to ${request}`);
  return { request, answer };
}

async function fuzzApi(server: Server, chance: Chance, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    const { request, answer } = await ask(server, chance);
    const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? 0);
    expect(status, request.slice(0, 2_000)).not.toBe(500);
    const [, body = ''] = answer.split(/\r\n\r\n(.*)/s);
    if (status < 400 || request.startsWith('HEAD ')) continue;
    const [, code] = /"code":"([A-Z_]+)"/.exec(body) ?? [];
    expect(allErrorCodes, `${request.slice(0, 2_000)} answered ${answer}`).toContain(code);
  }
}

test(
  `${runs} frames and ${runs / 4} requests of all kinds harm nobody (seed ${seed})`,
  async () => {
    console.log(`fuzz: FUZZ=${runs} FUZZ_SEED=${seed}`);
    const server = await startServer({ ...limits, NODE_OPTIONS: '--max-old-space-size=512' });
    await server.register(...users);
    const sender = new Promises('good-a', 'good-b');
    await server.register('good-b');
    const good = await enter(server, 'good-a');
    const witness = await enter(server, 'good-b');
    const fuzzing = { going: true };
    const chatting = (async () => {
      // Below its rate: who is refused and sends again at once is closed in the end.
      while (fuzzing.going && good.isOpen) {
        await sender.keepSending(good, 5, 5);
        await delay(50);
      }
    })();

    async function round(share: number, salt: number): Promise<void> {
      const chances = Array.from({ length: 6 }, (_, index) => createChance(seed + salt * 100 + index));
      const each = Math.ceil((runs * share) / 4);
      await Promise.all([
        fuzzSocket(() => connectChat(server, 'f1'), frames, chances[0]!, each),
        fuzzSocket(() => connectChat(server, 'f2'), frames, chances[1]!, each),
        fuzzSocket(() => connectChat(server), frames, chances[2]!, each),
        fuzzSocket(() => connectOriginal(server, '1001'), originalFrames, chances[3]!, each),
        fuzzApi(server, chances[4]!, Math.ceil(each / 2)),
        fuzzApi(server, chances[5]!, Math.ceil(each / 2)),
      ]);
    }

    try {
      await round(0.5, 1);
      const warm = memoryOf(server);
      await round(0.5, 2);
      const after = memoryOf(server);
      if (warm === undefined || after === undefined) console.log('fuzz: memory not looked at, there is no /proc');
      else {
        console.log(`fuzz: ${warm.toFixed(0)} MB half way, ${after.toFixed(0)} MB at the end`);
        expect(after - warm).toBeLessThan(100);
      }
    } finally {
      fuzzing.going = false;
      await chatting;
    }
    expect(good.isOpen && witness.isOpen).toBe(true);
    await sender.expectKept(server);
    const revisions = witness.messages.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_revision, index) => index));
    expect(revisions.length).toBe(sender.acked.size);
    expect(server.exit).toBeUndefined();
    expect(server.disasters).toEqual([]);
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await server.stop()).code).toBe(0);
  },
  minutes,
);
