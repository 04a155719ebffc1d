import { expect, onTestFinished, test } from 'vitest';
import { conversationOfStream } from '../../src/domain/conversation/conversation-id.ts';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import { feedFrom, startFeed } from '../../src/gateway/feed.ts';
import { createRecentChanges } from '../../src/gateway/recent-changes.ts';
import { createLogger } from '../../src/shared/logger.ts';
import { sent } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { until } from '../support/until.ts';

/** What a gateway keeps of the changes of a log, beside a read model that has come as far as `projected` says. */
async function follow(log: MemoryLog, projected: { position: number }) {
  const readModel = { checkpoint: () => Promise.resolve(projected.position) };
  const recent = createRecentChanges({ store: log, rosters: directRosters, readModel });
  const feed = await startFeed({
    source: feedFrom({ ...log, subscribe: log.subscribeToAll }, () => undefined),
    logger: createLogger('silent'),
    onBegin: recent.feedBegan,
    onLost: () => undefined,
    onBatch(events) {
      for (const { stream, position } of events) {
        const conversation = conversationOfStream(stream);
        if (conversation === undefined) continue;
        recent.note({ conversation, members: directRosters.directMembers(conversation), position });
      }
    },
  });
  onTestFinished(async () => {
    recent.stop();
    await feed.stop();
  });
  return { recent, feed };
}

test('a read model that is behind when the gateway begins, and behind the feed, misses nothing', async () => {
  const log = createMemoryLog();
  log.push(sent('dm~a~b', 1, 'a', 'b'), sent('dm~b~c', 1, 'c', 'b'), sent('dm~a~d', 1, 'a', 'd'));
  const projected = { position: 1 };
  const { recent, feed } = await follow(log, projected);
  log.push(sent('dm~b~e', 1, 'e', 'b'));
  await until(() => feed.position() === 4, 'the feed has come to the end');
  expect([...(await recent.since(0, ['b']))].sort()).toEqual(['dm~b~c', 'dm~b~e']);
  expect([...(await recent.since(3, ['b']))]).toEqual(['dm~b~e']);
  projected.position = 0;
  expect([...(await recent.since(0, ['b']))].sort()).toEqual(['dm~a~b', 'dm~b~c', 'dm~b~e']);
});

test('what was written while the feed was lost is read from the log, even if somebody asked meanwhile', async () => {
  const log = createMemoryLog();
  log.push(sent('dm~a~b', 1, 'a', 'b'));
  const { recent, feed } = await follow(log, { position: 0 });
  log.down = true;
  await until(() => !feed.live(), 'the feed is lost');
  log.push(sent('dm~b~c', 1, 'c', 'b'));
  await expect(recent.since(0, ['b'])).rejects.toBeInstanceOf(EventStoreUnavailableError);
  log.down = false;
  await until(() => feed.live(), 'the feed is back');
  log.push(sent('dm~b~d', 1, 'd', 'b'));
  await until(() => feed.position() === 3, 'the feed has come to the end');
  expect([...(await recent.since(0, ['b']))].sort()).toEqual(['dm~a~b', 'dm~b~c', 'dm~b~d']);
});
