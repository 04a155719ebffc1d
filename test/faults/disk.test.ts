import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { TestContext } from 'vitest';
import type { CommitReply, CommitRequest } from '../../src/event-store/embedded/commit-protocol.ts';
import type { ExpectedRevision } from '../../src/event-store/event-store.ts';
import { Promises } from '../support/ledger.ts';
import { ownFolder, spawnServer, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { until } from '../support/until.ts';

/** A file system of its own, of so many MB; the test is skipped, aloud, where none can be mounted. */
function smallDisk(context: TestContext, megabytes: number): string {
  const folder = ownFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    const reason = `SKIPPED: no small disk can be mounted here: ${(error as Error).message.trim()}`;
    console.warn(reason);
    context.skip(reason);
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Takes all of the disk but so many bytes; returns how to give it back. */
function fill(folder: string, left: number): () => void {
  const { bavail, bsize } = statfsSync(folder);
  const path = join(folder, 'ballast');
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  return () => rmSync(path);
}

test('a full disk: STORE_UNAVAILABLE, nothing acked that is not there, and it goes on when there is room', async (context) => {
  const folder = smallDisk(context, 16);
  const server = await startServer({ COMMAND_TIMEOUT_MS: '1000' }, folder);
  await server.register('bob');
  const alice = await enter(server, 'alice');
  const sender = new Promises('alice', 'bob');
  await sender.keepSending(alice, 200);
  const free = fill(folder, 100_000);

  let refused = 0;
  for (let count = 0; refused < 3; count += 1) {
    const id = `full-${count}`;
    alice.send({ type: 'send', id, to: 'bob', msg: 'x'.repeat(4_000) });
    const answer = await alice.answer(id);
    if (answer.type === 'error') {
      expect(answer).toMatchObject({ code: 'STORE_UNAVAILABLE', temporary: true });
      refused += 1;
      sender.open.add(id);
    } else sender.acked.set(id, answer.seq);
    expect(count).toBeLessThan(2_000);
  }
  // The last few bytes may still take one message or another.
  await until(async () => {
    const id = `rest-${sender.acked.size}`;
    const body = { id, to: 'bob', msg: 'x'.repeat(4_000) };
    const rest = await server.rest('POST', '/v1/messages', { as: 'alice', body });
    if (rest.status === 201) sender.acked.set(id, (rest.body as { seq: number }).seq);
    else expect(rest).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
    return rest.status === 503;
  }, 'REST is refused as well');
  expect((await server.rest('GET', '/healthz')).status).toBe(200);

  free();
  const again = [...sender.open];
  await until(async () => {
    alice.send({ type: 'send', id: again[0]!, to: 'bob', msg: 'x'.repeat(4_000) });
    return (await alice.answer(again[0]!)).type === 'ack';
  }, 'there is room again');
  for (const id of again) {
    alice.send({ type: 'send', id, to: 'bob', msg: 'x'.repeat(4_000) });
    sender.acked.set(id, (await alice.ack(id)).seq);
    sender.open.delete(id);
  }
  await sender.keepSending(alice, 100);
  await sender.expectKept(server);
  await until(async () => (await server.rest('GET', '/readyz')).status === 200, 'it is ready again');
  await server.stop('SIGKILL');
  await sender.expectKept(await startServer({}, folder));
});

test('a disk that is full at the start: refused in words', async (context) => {
  const folder = smallDisk(context, 1);
  fill(folder, 8_192);
  const server = spawnServer({}, folder);
  const { code } = await server.exited;
  expect(code).toBe(1);
  expect(server.errors).toMatch(/^weiliao: .*(full|space)/im);
  expect(server.errors).not.toContain('    at ');
});

test('a folder that cannot be written: refused in words', async (context) => {
  const folder = smallDisk(context, 1);
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  const server = spawnServer({}, folder);
  expect((await server.exited).code).toBe(1);
  expect(server.errors).toMatch(/^weiliao: DATA_DIR: /);
  expect(server.errors).not.toContain('    at ');
});

test('a log that cannot be written: refused in words, and still there afterwards', async (context) => {
  const folder = smallDisk(context, 8);
  const first = await startServer({}, folder);
  await first.register('alice');
  await first.stop();
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  const second = spawnServer({}, folder);
  expect((await second.exited).code).toBe(1);
  expect(second.errors).toMatch(/^weiliao: DATA_DIR: /);
  execFileSync('mount', ['-o', 'remount,rw', folder]);
  expect(await (await startServer({}, folder)).get('/v1/users/alice')).toMatchObject({ id: 'alice' });
});

test('a disk that is full when the write-ahead log begins anew: the thread that commits goes on', async (context) => {
  const dataDir = smallDisk(context, 8);
  const { port1: port, port2 } = new MessageChannel();
  const [signal, bell] = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
  const replies: CommitReply[] = [];
  port.on('message', (reply: CommitReply) => replies.push(reply));
  const program = new URL('../../src/event-store/embedded/commit-worker.ts', import.meta.url);
  const worker = new Worker(program, { workerData: { dataDir, signal, bell, port: port2 }, transferList: [port2] });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const told = (): Promise<void> => until(() => replies.length > 0, 'it answers');
  const say = (request: CommitRequest): void => {
    port.postMessage(request);
    Atomics.add(new Int32Array(bell), 0, 1);
    Atomics.notify(new Int32Array(bell), 0);
  };
  const commit = async (expected: ExpectedRevision): Promise<unknown> => {
    const events = JSON.stringify([['id', 'Filled', 'x'.repeat(1_000_000), {}]]);
    say({ kind: 'commit', appends: [{ stream: 'conversation-a', expected, ids: ['id'], events, created: 1 }] });
    await told();
    return replies.splice(0);
  };
  await told();
  expect(replies.splice(0)).toMatchObject([{ kind: 'opened' }]);
  expect(await commit('no_stream')).toMatchObject([{ kind: 'committed' }]);
  const free = fill(dataDir, 8_192);
  say({ kind: 'checkpointed', left: 0 });
  expect(await commit(0)).toMatchObject([{ kind: 'failed' }]);
  free();
  expect(await commit(0)).toMatchObject([{ kind: 'committed' }]);
  say({ kind: 'close' });
  await ended;
  port.close();
});
