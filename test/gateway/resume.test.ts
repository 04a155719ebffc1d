import { expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/event-store/event-store.ts';
import { createWirePositions } from '../../src/protocol/wire-position.ts';
import { createResume } from '../../src/gateway/resume.ts';
import { createOutboxes } from '../../src/gateway/session.ts';
import { sessionOf } from './support.ts';
import { until } from '../support/until.ts';

interface Log {
  /** Conversations that changed. */
  readonly changed: number;
  /** Events that each has. */
  readonly events: number;
}

function eventAt(stream: string, revision: number): RecordedEvent {
  const [from, to] = ['b', 'a'].map((id) => ({ id, username: id }));
  const data = { clientId: `c${revision}`, seq: revision + 1, from, to, msg: 'x'.repeat(1_000), sendDate: 1 };
  const place = { stream, revision, position: 10 + revision, created: 1 };
  return { id: `${stream}${revision}`, type: 'MessageSent', data, metadata: { schemaVersion: 1 }, ...place };
}

/** A client that has missed all of a log, and what it is sent. */
function resuming({ changed, events }: Log) {
  const { session, connection } = sessionOf('a');
  const outboxes = createOutboxes({
    maxBufferedBytes: 1_000_000,
    onSent: () => undefined,
    onTooSlow: () => undefined,
  });
  const resume = createResume({
    store: {
      eventAt: () => Promise.resolve(undefined),
      readStream: (stream) => Promise.resolve(Array.from({ length: events }, (_, n) => eventAt(stream, n)).reverse()),
    },
    readModel: {
      conversationsChangedSince: (_user, after, limit) =>
        Promise.resolve(
          Array.from({ length: Math.min(limit, changed - after) }, (_, index) => {
            const position = after + index + 1;
            return { _id: `dm~a~${position}`, last_seq: 1, updated_at: 1, revision: 0, last_position: position };
          }),
        ),
    },
    recent: {
      since: () => Promise.resolve(new Set<string>()),
      note: () => undefined,
      feedBegan: () => undefined,
      stop: () => undefined,
    },
    outboxes,
    positions: createWirePositions(Buffer.alloc(16, 7), 'log'),
    patienceMs: 200,
  });
  const frames = () => connection.sent.map((frame) => JSON.parse(frame) as { type: string; conversations?: string[] });
  return {
    session,
    connection,
    frames,
    done: resume.catchUp(session, { user: 'a', groups: [], after: 0, upTo: 1_000_000 }),
  };
}

test('every conversation that is not replayed is named, however many have changed', async () => {
  const { done, frames } = resuming({ changed: 25_000, events: 0 });
  await done;
  await until(() => frames().at(-1)?.type === 'live', 'it is live');
  const resets = frames().filter(({ type }) => type === 'reset');
  expect(new Set(resets.flatMap(({ conversations = [] }) => conversations)).size).toBe(23_000);
  expect(Math.max(...resets.map(({ conversations = [] }) => conversations.length))).toBeLessThanOrEqual(1_000);
});

test('a client that does not take what it missed is too slow', async () => {
  const { connection, done } = resuming({ changed: 1, events: 500 });
  connection.buffered = 200_000;
  await done;
  expect(connection.ended).toMatchObject([{ code: 4008 }]);
  expect(connection.sent.length).toBeLessThan(500);
});
