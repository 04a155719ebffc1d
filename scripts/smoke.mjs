// Starts the built program, chats with it as its users would, and ends it. Exit 0: all is well. 1: it says what is not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'weiliao-smoke-'));
const waitMs = 20_000;

/**
 * What of frames and answers is looked at here.
 * @typedef {{ type?: string, id?: string, user?: string, msg?: string, seq?: number, message?: string,
 *   conversation?: string, reader?: string, from?: { id: string } }} Frame
 * @typedef {{ msg: string, status: number, conversation: string, lastSeq: number, unread: number, readSeq: number,
 *   peer: { id: string } }} Item
 */

/**
 * The promise, or an error that says what did not come.
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 */
async function within(promise, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${waitMs} ms`)), waitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** @param {string} text */
const say = (text) => console.log(`smoke: ${text}`);

function start() {
  const environment = { ...process.env, HTTP_PORT: '0', WS_PORT: '0', DATA_DIR: dataDir, DRAIN_MS: '200' };
  const child = spawn(process.execPath, [program, 'start'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {Promise<number | string>} */
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  /** @type {Promise<{ httpPort: number, wsPort: number }>} */
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      /** @type {{ msg?: string, level?: string, httpPort: number, wsPort: number }} */
      const entry = JSON.parse(line.startsWith('{') ? line : '{}');
      if (entry.msg === 'ready') resolve(entry);
      if (entry.level === 'error' || entry.level === 'fatal') say(`the server says ${line}`);
    });
    void exited.then((code) => reject(new Error(`the server ended with ${code} before it was ready`)));
  });
  return { child, exited, ready };
}

/**
 * A socket whose frames are taken in turn, by a condition.
 * @param {string} url
 */
async function open(url) {
  const socket = new WebSocket(url);
  /** @type {Frame[]} */
  const frames = [];
  /** @type {((value?: undefined) => void)[]} */
  const waiting = [];
  socket.on('message', (data) => {
    frames.push(/** @type {Frame} */ (JSON.parse(/** @type {Buffer} */ (data).toString())));
    for (const look of waiting.splice(0)) look();
  });
  /** @type {Promise<number>} */
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await within(once(socket, 'open'), `a connection to ${url}`);
  /**
   * @param {string} what
   * @param {(frame: Frame) => boolean} fits
   * @returns {Promise<Frame>}
   */
  async function take(what, fits) {
    const search = async () => {
      for (;;) {
        const place = frames.findIndex(fits);
        const [frame] = place < 0 ? [] : frames.splice(place, 1);
        if (frame !== undefined) return frame;
        await new Promise((resolve) => waiting.push(resolve));
      }
    };
    return within(search(), what);
  }
  /** @param {object} frame */
  const send = (frame) => socket.send(JSON.stringify(frame));
  return { closed, take, send };
}

/**
 * @param {string} base
 * @param {string} user
 */
async function enter(base, user) {
  const chat = await open(`${base}/v1/ws`);
  chat.send({ type: 'hello', user });
  const welcome = await chat.take('welcome', ({ type }) => type === 'welcome');
  assert.equal(welcome.user, user);
  return chat;
}

/**
 * @param {string} base
 * @param {string} path
 * @param {string} user
 * @returns {Promise<{ items: Item[] }>}
 */
async function get(base, path, user) {
  const response = await fetch(`${base}${path}`, { headers: { 'X-User-Id': user } });
  assert.equal(response.status, 200, `GET ${path} answered ${response.status}: ${await response.clone().text()}`);
  return /** @type {{ items: Item[] }} */ (await response.json());
}

/** @param {{ httpPort: number, wsPort: number }} ports */
async function chat({ httpPort, wsPort }) {
  const [api, sockets] = [`http://127.0.0.1:${httpPort}`, `ws://127.0.0.1:${wsPort}`];
  const [alice, bob] = [await enter(sockets, 'alice'), await enter(sockets, 'bob')];
  alice.send({ type: 'send', id: 'one', to: 'bob', msg: 'hello' });
  const ack = await alice.take('ack of a message', ({ type, id }) => type === 'ack' && id === 'one');
  const received = await bob.take('message to bob', ({ type }) => type === 'message');
  assert.deepEqual([received.msg, received.id, received.seq], ['hello', ack.message, 1]);
  bob.send({ type: 'send', id: 'two', to: 'alice', msg: 'hi' });
  await alice.take('message to alice', ({ type, seq }) => type === 'message' && seq === 2);
  alice.send({ type: 'read', conversation: ack.conversation, seq: 2 });
  await bob.take('read of alice', ({ type, reader }) => type === 'read' && reader === 'alice');
  say('two clients chatted over /v1/ws');

  const original = await open(`${sockets}/ws/1001`);
  original.send({ toId: 'bob', msg: 'from the original system' });
  const third = await bob.take('message of 1001', ({ type, from }) => type === 'message' && from?.id === '1001');
  assert.equal(third.msg, 'from the original system');
  bob.send({ type: 'send', id: 'three', to: 1001, msg: 'welcome' });
  await original.take('message to 1001', ({ msg }) => msg === 'welcome');
  say('one client chatted over /ws/1001');

  const history = await get(api, `/v1/conversations/${ack.conversation}/messages?after=0`, 'bob');
  assert.deepEqual(
    history.items.map(({ msg, status }) => [msg, status]),
    [
      ['hello', 1],
      ['hi', 2],
    ],
  );
  const { items } = await get(api, '/v1/conversations', 'alice');
  assert.deepEqual(
    items.map(({ conversation, lastSeq, unread, readSeq }) => [conversation, lastSeq, unread, readSeq]),
    [[ack.conversation, 2, 0, 2]],
  );
  const friends = await get(api, '/v1/conversations', 'bob');
  assert.deepEqual(new Set(friends.items.map(({ peer }) => peer.id)), new Set(['alice', '1001']));
  say('history and friend lists over REST agree');
  return [alice, bob, original];
}

const { child, exited, ready } = start();
try {
  const ports = await within(ready, 'the line that says ready');
  say(`started, REST on ${ports.httpPort}, sockets on ${ports.wsPort}`);
  const clients = await chat(ports);
  child.kill('SIGTERM');
  assert.deepEqual(await within(Promise.all(clients.map(({ closed }) => closed)), 'the end'), [4000, 4000, 4000]);
  assert.equal(await within(exited, 'the end of the server'), 0, 'the exit code after SIGTERM');
  say('SIGTERM closed every client with 4000 and ended the server with exit 0');
} catch (error) {
  console.error(`smoke: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  child.kill('SIGKILL');
  await exited;
  rmSync(dataDir, { recursive: true, force: true });
}
