import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import { followEmbeddedLog } from '../../src/event-store/embedded/follow.ts';
import { describeEventStore } from '../contract/event-store.ts';
import { temporaryFolder } from '../support/folder.ts';

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
