import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import { createHub } from '../../src/gateway/hub.ts';
import { createPresence } from '../../src/gateway/presence.ts';
import type { Session } from '../../src/gateway/session.ts';
import { createLogger } from '../../src/shared/logger.ts';
import { sessionOf } from './support.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The presence of a gateway at which a and b have a conversation, over a read model that can be away. */
function openPresence() {
  const hub = createHub();
  const frames = new Map<Session, unknown[]>();
  const readModel = { away: false };
  const presence = createPresence({
    hub,
    outboxes: { deliver: (session, frame) => void frames.get(session)?.push(...(JSON.parse(frame) as Told).users) },
    readModel: {
      conversationsChangedSince: () =>
        readModel.away
          ? Promise.reject(new Error('away'))
          : Promise.resolve([{ _id: 'dm~a~b', last_seq: 1, updated_at: 1, revision: 0, last_position: 1 }]),
    },
    recent: { since: () => Promise.resolve(new Set<string>()) },
    rosters: directRosters,
    commands: { findUser: () => Promise.resolve(undefined) },
    logger: createLogger('silent'),
    signals: { tell: () => undefined },
  });
  return {
    readModel,
    presence,
    arrive(user: string) {
      const { session } = sessionOf(user);
      frames.set(session, []);
      hub.join(user, session);
      presence.arrived(session, user);
      return { session, told: () => frames.get(session)!.splice(0) };
    },
  };
}

interface Told {
  readonly users: readonly unknown[];
}

test('who is there is told once it can be found out, where the read model was away', async () => {
  const { arrive, presence, readModel } = openPresence();
  const alice = arrive('a');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(alice.told()).toEqual([{ user: 'b', online: false, lastSeen: null }]);
  readModel.away = true;
  const [bob, gone] = [arrive('b'), arrive('b')];
  gone.session.closed = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([alice.told(), bob.told()]).toEqual([[], []]);
  readModel.away = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(alice.told()).toEqual([{ user: 'b', online: true, lastSeen: null }]);
  expect(bob.told()).toEqual([{ user: 'a', online: true, lastSeen: null }]);
  expect(gone.told()).toEqual([]);
  presence.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect([alice.told(), bob.told()]).toEqual([[], []]);
  expect(vi.getTimerCount()).toBe(0);
});
