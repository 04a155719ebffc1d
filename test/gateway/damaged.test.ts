import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { conversationStream } from '../../src/domain/conversation/conversation-id.ts';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import type { RecordedEvent } from '../../src/event-store/event-store.ts';
import { createFanOut } from '../../src/gateway/fan-out.ts';
import { createHub } from '../../src/gateway/hub.ts';
import { createOutboxes } from '../../src/gateway/session.ts';
import { createWirePositions } from '../../src/protocol/wire-position.ts';
import { passedOver, sent, unreadable } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import { sessionOf } from './support.ts';

test('an event that cannot be read stops its own conversation, until it is passed over, and no socket is closed', async () => {
  const hub = createHub();
  const aside: string[] = [];
  const deliver = createFanOut({
    hub,
    rosters: directRosters,
    positions: createWirePositions(Buffer.alloc(16, 7), 'log'),
    outboxes: createOutboxes({ maxBufferedBytes: 1e9, onSent: () => undefined, onTooSlow: () => undefined }),
    onOriginalDelivery: () => undefined,
    onChange: () => undefined,
    onBegun: () => undefined,
    onFanOut: () => undefined,
    onAside: (kind, { stream, revision }: RecordedEvent) => aside.push(`${kind} ${stream} ${revision}`),
  });
  const { session, connection } = sessionOf('a', 'v1');
  Object.assign(session, { kind: 'v1' });
  hub.join('a', session, []);
  const stream = conversationStream('dm~a~b');
  const log = createMemoryLog();
  log.push(sent('dm~a~b', 1, 'b', 'a'), unreadable(stream), sent('dm~a~b', 3, 'b', 'a'), sent('dm~a~c', 1, 'c', 'a'));
  log.push(unreadable(stream), passedOver(stream, 3), sent('dm~a~b', 4, 'b', 'a'));
  log.push(passedOver(stream, 1), sent('dm~a~b', 5, 'b', 'a'), passedOver(stream, 0));
  for (const event of log.events) deliver([event]);
  await turn();
  const got = connection.sent.map((text) => (JSON.parse(text) as { id: string }).id);
  expect(got).toEqual(['dm~a~b:1', 'dm~a~c:1', 'dm~a~b:5']);
  expect(aside).toEqual([`damaged ${stream} 1`, `damaged ${stream} 2`, `damaged ${stream} 3`, `damaged ${stream} 5`]);
  expect(session.closed).toBe(false);
});
