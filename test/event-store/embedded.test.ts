import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import { startCommitThread } from '../../src/event-store/embedded/commit-thread.ts';
import type { EmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import { followEmbeddedLog } from '../../src/event-store/embedded/follow.ts';
import { describeEventStore } from '../contract/event-store.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

const onFatal = (error: Error): never => expect.fail(error.message);
const folder = mkdtempSync(join(tmpdir(), 'weiliao-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeEventStore({
  name: 'embedded',
  open: () => openEmbeddedEventStore({ dataDir: mkdtempSync(join(folder, 'log-')), onFatal }),
});

async function open(dataDir: string): Promise<EmbeddedEventStore> {
  const store = await openEmbeddedEventStore({ dataDir, onFatal });
  onTestFinished(() => store.close());
  return store;
}

test('who follows the log, and who opens it again, knows the same newest position of our own streams', async () => {
  const dataDir = temporaryFolder();
  const event = () => ({ id: randomUUID(), type: 'Tested', data: {}, metadata: { schemaVersion: 1 } });
  const store = await open(dataDir);
  const follower = followEmbeddedLog({ dataDir });
  onTestFinished(() => follower.close());
  await store.appendToStream('other', [event()], 'no_stream');
  expect(await follower.lastPosition()).toBe(0);
  const own = await store.appendToStream('conversation-a', [event(), event()], 'no_stream');
  const other = await store.appendToStream('other', [event()], 0);
  expect(await follower.lastPosition()).toBe(own.position);
  await store.close();
  const again = await open(dataDir);
  expect(await again.lastPosition()).toBe(own.position);
  const next = await again.appendToStream('user-a', [event()], 'no_stream');
  expect(next.position).toBe(other.position + 1);
  expect(await again.lastPosition()).toBe(next.position);
});

test('a thread that ends by itself is told: nobody waits for it for ever', async () => {
  const words = { kind: 'opened', lastPosition: 0, lastOwnPosition: 0 };
  const program = `import { workerData } from 'node:worker_threads';
    workerData.port.postMessage(${JSON.stringify(words)});
    workerData.port.once('message', () => workerData.port.close());`;
  const dataDir = temporaryFolder();
  await (await open(dataDir)).close();
  const fatal: Error[] = [];
  const thread = await startCommitThread({
    dataDir,
    signal: new SharedArrayBuffer(4),
    check: false,
    onResult: () => undefined,
    onFatal: (error) => fatal.push(error),
    program: new URL(`data:text/javascript,${encodeURIComponent(program)}`),
  });
  thread.commit([]);
  await until(() => fatal.length > 0, 'its end is told');
  expect(fatal[0]?.message).toContain('ended by itself');
  await thread.close();
});
