import { randomBytes } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { historyOf, Promises } from '../support/ledger.ts';
import { makeFolder, ownFolder, Server, spawnServer } from '../support/server.ts';
import { connectChat } from '../support/socket.ts';
import { until } from '../support/until.ts';

const sender = new Promises('alice', 'bob');
/** What a killed server left: everything is in the write-ahead file. And what one left that was ended in order. */
const left = { killed: '', ended: '' };

beforeAll(async () => {
  for (const how of ['killed', 'ended'] as const) {
    left[how] = makeFolder();
    if (how === 'ended') cpSync(left.killed, left.ended, { recursive: true });
    const server = await new Server(left[how], {}).ready();
    await server.register('bob');
    const alice = await connectChat(server, 'alice');
    await sender.keepSending(alice, how === 'killed' ? 400 : 0);
    await historyOf(server, 'alice', sender.conversation);
    alice.cut();
    await server.stop(how === 'killed' ? 'SIGKILL' : 'SIGTERM');
  }
});

afterAll(() => {
  for (const folder of Object.values(left)) rmSync(folder, { recursive: true, force: true });
});

function write(path: string, bytes: Buffer, at: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

/** Changes a file; told its path and size. */
type Damage = (path: string, size: number) => void;

const cut =
  (keep: (size: number) => number): Damage =>
  (path, size) =>
    truncateSync(path, Math.max(0, Math.floor(keep(size))));
const garbage =
  (at: (size: number) => number, length: number): Damage =>
  (path, size) =>
    write(path, randomBytes(length), Math.floor(at(size)));
const zeros =
  (at: (size: number) => number, length: number): Damage =>
  (path, size) =>
    write(path, Buffer.alloc(length), Math.floor(at(size)));

/**
 * Either the start is refused (or the server ends by itself once it has looked), with words on standard error or in its
 * log; or every acked message is there, in the read model and, that taken away, in the log.
 */
async function expectAllOrRefused(folder: string): Promise<'refused' | 'whole'> {
  for (const take of ['nothing', 'the read model']) {
    if (take === 'the read model') {
      for (const name of readdirSync(folder)) if (name.startsWith('read-model')) rmSync(join(folder, name));
    }
    const server = spawnServer({}, folder);
    await until(() => server.exit !== undefined || server.isReady, 'started or refused');
    if (server.exit === undefined) {
      await server.ready();
      const refusal = server.exited.then(() => 'refused' as const);
      const kept = sender.expectKept(server).then(
        () => 'kept' as const,
        (error: unknown) => {
          if (server.exit !== undefined || isRed(server)) return 'refused' as const;
          throw error;
        },
      );
      if ((await Promise.race([refusal, kept])) === 'kept') {
        await server.stop('SIGTERM');
        continue;
      }
    }
    if (server.exit !== undefined) expect(server.exit.code, server.errors).toBe(1);
    const words = `${server.errors} ${JSON.stringify(server.log)}`;
    expect(words).toMatch(/log|damage|malformed|not a database|corrupt/i);
    expect(server.errors).not.toMatch(/^ {4}at /m);
    return 'refused';
  }
  return 'whole';
}

function isRed(server: Server): boolean {
  return server.log.some(({ level }) => level === 'fatal' || level === 'error');
}

async function damaged(how: keyof typeof left, file: string, damage: Damage): Promise<'refused' | 'whole'> {
  const folder = ownFolder();
  cpSync(left[how], folder, { recursive: true });
  const path = join(folder, file);
  damage(path, existsSync(path) ? statSync(path).size : 0);
  return expectAllOrRefused(folder);
}

test('an undamaged folder is whole', async () => {
  expect(await damaged('killed', 'log.db', () => undefined)).toBe('whole');
});

describe('after a kill, a write-ahead file', () => {
  test.each<[string, Damage]>([
    ['that lost its last page', cut((size) => size - 4_120)],
    ['that lost its last byte', cut((size) => size - 1)],
    ['that lost half', cut((size) => size / 2)],
    ['that is empty', cut(() => 0)],
    ['that is gone', (path) => rmSync(path)],
    ['with garbage in the middle', garbage((size) => size / 2, 100)],
    ['with garbage in its head', garbage(() => 0, 32)],
    ['with a last page of zeros', zeros((size) => size - 4_096, 4_096)],
  ])('%s loses nothing in silence', async (_name, damage) => {
    await damaged('killed', 'log.db-wal', damage);
  });
});

describe('a log', () => {
  test.each<[string, Damage]>([
    ['that lost its last page', cut((size) => size - 4_096)],
    ['that lost half', cut((size) => Math.floor(size / 8_192) * 4_096)],
    ['that lost a part of a page', cut((size) => size - 100)],
    ['that is empty', cut(() => 0)],
    ['that is gone', (path) => rmSync(path)],
    ['with garbage in its head', garbage(() => 0, 100)],
    ['with garbage in the middle', garbage((size) => size / 2, 4_096)],
    ['with one changed byte in a text', garbage((size) => size / 2 + 2_000, 1)],
    ['with a last page of zeros', zeros((size) => size - 4_096, 4_096)],
    ['with garbage at the end', (path, size) => write(path, randomBytes(4_096), size)],
  ])('%s loses nothing in silence', async (_name, damage) => {
    await damaged('ended', 'log.db', damage);
  });

  test('that was replaced by an older one is refused, since the read model knows more', async () => {
    const folder = ownFolder();
    cpSync(left.ended, folder, { recursive: true });
    rmSync(join(folder, 'log.db'));
    const server = spawnServer({}, folder);
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toMatch(/log/);
    expect(server.errors.trim().split('\n')).toHaveLength(1);
  });
});
