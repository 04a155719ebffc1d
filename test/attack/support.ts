import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { spawnServer } from '../support/server.ts';
import type { Environment, Server } from '../support/server.ts';
import { enter, newId, openSocket } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';
import { until, within } from '../support/until.ts';

/** Megabytes of heap that a server under attack may use. */
const heapMb = 512;

/** A server with a small heap: what it cannot bound ends it. */
export function victim(env: Environment = {}, through?: readonly string[]): Promise<Server> {
  return spawnServer({ NODE_OPTIONS: `--max-old-space-size=${heapMb}`, ...env }, undefined, through).ready();
}

/** A program run with so many file descriptors. */
export function withDescriptors(count: number): readonly string[] {
  return ['sh', '-c', `ulimit -n ${count}; exec "$@"`, 'sh'];
}

/** Resident memory of a process, in megabytes. */
export function memoryOf({ pid }: Pick<Server, 'pid'>): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

/** Processor time that a process has used, in milliseconds. */
function busyMsOf({ pid }: Pick<Server, 'pid'>): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return 10 * ((user ?? 0) + (system ?? 0));
}

export interface Figures {
  /** Resident megabytes before the attack, at most meanwhile, and after. */
  readonly before: number;
  readonly most: number;
  readonly after: number;
}

interface Pair {
  /** Milliseconds from a send to its delivery, so far. */
  readonly times: number[];
  stop(): Promise<void>;
}

/** Two users who chat, undisturbed by whatever else happens, a message each 20 ms. */
async function chattingPair(server: Server, tokenOf?: (user: string) => string): Promise<Pair> {
  const [from, to] = [`calm-${newId()}`, `calm-${newId()}`];
  const come = (user: string): Promise<Chat> =>
    tokenOf === undefined ? enter(server, user) : enterWith(server, user, tokenOf(user));
  const [alice, bob] = [await come(from), await come(to)];
  const times: number[] = [];
  let going = true;
  async function chat(): Promise<void> {
    while (going) {
      const [id, begun] = [newId(), performance.now()];
      alice.send({ type: 'send', id, to, msg: 'calm' });
      await bob.take((frame) => frame.type === 'message' && frame.clientId === id, 'the message', 60_000);
      times.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const chatting = chat();
  return {
    times,
    async stop() {
      going = false;
      await chatting;
    },
  };
}

async function enterWith(server: Server, user: string, token: string): Promise<Chat> {
  await server.rest('POST', '/v1/users', { token, body: { id: user, username: user } });
  const chat = await openSocket(server);
  chat.send({ type: 'hello', token });
  await chat.next('welcome');
  return chat;
}

function p99(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? 0;
}

export interface Attack {
  readonly name: string;
  run(): Promise<void>;
  /** In mode jwt. */
  readonly tokenOf?: (user: string) => string;
}

/**
 * Runs an attack while two users chat, and prints what it did to memory, to the processor and to them. Fails where the
 * server ends or where the two lose a message.
 */
export async function withstand(server: Server, { name, run, tokenOf }: Attack): Promise<Figures> {
  const pair = await chattingPair(server, tokenOf);
  await until(() => pair.times.length >= 50, 'the two have chatted for a while');
  const calm = p99(pair.times.splice(0));
  const before = memoryOf(server);
  const [busyBefore, begun] = [busyMsOf(server), performance.now()];
  let most = before;
  const watch = setInterval(() => {
    if (server.exit === undefined) most = Math.max(most, memoryOf(server));
  }, 20);
  try {
    await run();
    const had = pair.times.length;
    await until(() => pair.times.length > had || server.exit !== undefined, 'the two go on');
  } finally {
    clearInterval(watch);
  }
  if (server.exit !== undefined) throw new Error(`the server ended: ${JSON.stringify(server.exit)} ${server.errors}`);
  await pair.stop();
  const busy = (100 * (busyMsOf(server) - busyBefore)) / (performance.now() - begun);
  const figures = { before, most: Math.max(most, memoryOf(server)), after: memoryOf(server) };
  const round = (value: number): string => value.toFixed(0);
  process.stdout.write(
    `attack: ${name}: ${round(before)} MB before, ${round(figures.most)} MB at most, ${round(figures.after)} MB after; ` +
      `p99 of two others ${calm.toFixed(1)} ms before, ${p99(pair.times).toFixed(1)} ms meanwhile (${pair.times.length}); ` +
      `processor ${round(busy)} %\n`,
  );
  return figures;
}

/** A raw connection that reads nothing until it is told to; gone when the test is. */
export async function mute(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.pause();
  return socket;
}

/** The same after the handshake of a socket: what is said together with the request for one may be lost. */
export async function muteSocket(port: number): Promise<Socket> {
  const socket = await mute(port);
  socket.write(upgradeRequest('/v1/ws'));
  await within(once(socket.resume(), 'data'), 'the handshake');
  socket.pause();
  return socket;
}

/** Sends a request and takes what comes until the other side ends the connection. */
export async function ask(port: number, request: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let answer = '';
  socket
    .on('error', () => undefined)
    .setEncoding('latin1')
    .on('data', (came: string) => (answer += came));
  socket.write(request);
  await within(once(socket, 'close'), () => `the answer to ${request.slice(0, 200)}`);
  return answer;
}

/** Writes as the other side takes it; false once it is gone. */
export async function push(socket: Socket, bytes: Buffer | string): Promise<boolean> {
  if (socket.destroyed) return false;
  if (socket.write(bytes)) return true;
  return new Promise((resolve) => {
    const done = (open: boolean) => () => {
      clearTimeout(timer);
      socket.off('drain', drained).off('close', closed);
      resolve(open);
    };
    const [drained, closed] = [done(true), done(false)];
    // A server that takes no more has nothing more in memory either.
    const timer = setTimeout(drained, 2_000);
    socket.once('drain', drained).once('close', closed);
  });
}

/** The request that opens a socket, as text. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  }).map(([header, value]) => `${header}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The head of a client's frame with a mask of zeros: what follows is its payload as it is. */
export function frameHead(opcode: number, length: number, final = true): Buffer {
  const first = (final ? 0x80 : 0) | opcode;
  const mask = [0, 0, 0, 0];
  if (length < 126) return Buffer.from([first, 0x80 | length, ...mask]);
  if (length < 65_536) return Buffer.from([first, 0xfe, length >> 8, length & 0xff, ...mask]);
  const head = Buffer.alloc(14);
  head.writeUInt8(first, 0);
  head.writeUInt8(0xff, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
