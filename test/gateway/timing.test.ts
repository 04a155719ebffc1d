import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAsideTeller } from '../../src/gateway/aside.ts';
import { drainSessions } from '../../src/gateway/drain.ts';
import { createEarlyFrames } from '../../src/gateway/early-frames.ts';
import { createHelloDeadlines } from '../../src/gateway/hello-deadlines.ts';
import type { Session } from '../../src/gateway/session.ts';
import { createLogger } from '../../src/shared/logger.ts';
import { createMetrics } from '../../src/shared/metrics.ts';
import type { RecordedEvent } from '../../src/event-store/event-store.ts';
import { sessionOf } from './support.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the time for hello', () => {
  it('is ten seconds for each socket, and up for none that said it or went away', async () => {
    const due: Session[] = [];
    const deadlines = createHelloDeadlines((session) => due.push(session));
    const [silent, polite, gone] = [sessionOf().session, sessionOf().session, sessionOf().session];
    for (const session of [silent, polite, gone]) deadlines.await(session);
    polite.user = 'a';
    gone.closed = true;
    await vi.advanceTimersByTimeAsync(9_900);
    expect(due).toEqual([]);
    const later = sessionOf().session;
    deadlines.await(later);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(due.filter((session) => !session.closed)).toEqual([silent]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(due).toContain(later);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is the same where the clock is set meanwhile', async () => {
    const due: Session[] = [];
    const deadlines = createHelloDeadlines((session) => due.push(session));
    deadlines.await(sessionOf().session);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(due).toEqual([]);
    vi.setSystemTime(Date.now() - 7_200_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(due).toHaveLength(1);
  });
});

/** By the faked clock, which does not reach Node's own promises. */
const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a drain', () => {
  it('closes sockets spread over its time, each once it has its answers', async () => {
    const sessions = new Set(Array.from({ length: 10 }, (_, index) => sessionOf(`u${index}`).session));
    const busy = [...sessions][0]!;
    busy.pending = 1;
    const closedAt = new Map<Session, number>();
    const started = Date.now();
    let ended = false;
    const close = (session: Session): void => {
      session.closed = true;
      closedAt.set(session, Date.now() - started);
    };
    const draining = drainSessions(sessions, { drainMs: 1_000, close, delay }).then(() => (ended = true));
    await vi.advanceTimersByTimeAsync(500);
    expect(closedAt.size).toBeGreaterThanOrEqual(3);
    expect(closedAt.size).toBeLessThanOrEqual(6);
    await vi.advanceTimersByTimeAsync(600);
    expect(closedAt.size).toBe(9);
    expect(busy.ending).toBe(true);
    busy.pending = 0;
    await vi.advanceTimersByTimeAsync(20);
    expect(closedAt.has(busy)).toBe(true);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    await draining;
    expect(ended).toBe(true);
  });

  it('is over in its time where the clock is set back meanwhile', async () => {
    const sessions = new Set(Array.from({ length: 10 }, (_, index) => sessionOf(`u${index}`).session));
    const draining = drainSessions(sessions, { drainMs: 1_000, close: (session) => (session.closed = true), delay });
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(1_600);
    await draining;
    expect([...sessions].every(({ closed }) => closed)).toBe(true);
  });

  it('of no sockets is over at once', async () => {
    await drainSessions(new Set(), { drainMs: 60_000, close: () => undefined, delay });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('frames before the user is known', () => {
  it('are held in their order up to a bound, then refused', () => {
    const early = createEarlyFrames();
    const { session } = sessionOf();
    expect(early.hold(session, 'x')).toBe('none');
    early.begin(session);
    const half = 'x'.repeat(128 * 1024);
    expect([early.hold(session, half), early.hold(session, half), early.hold(session, 'y')]).toEqual([
      'held',
      'held',
      'full',
    ]);
    expect(early.end(session)).toEqual([half, half]);
    expect(early.hold(session, 'x')).toBe('none');
  });

  it('are a thousand at most, however small they are', () => {
    const early = createEarlyFrames();
    const { session } = sessionOf();
    early.begin(session);
    const told = Array.from({ length: 1_001 }, () => early.hold(session, ''));
    expect(told.filter((one) => one === 'held')).toHaveLength(1_000);
    expect(told.at(-1)).toBe('full');
    expect(early.end(session)).toHaveLength(1_000);
  });

  it('are bounded over all sessions, and there is room again when one of them is known', () => {
    const early = createEarlyFrames();
    const sessions = Array.from({ length: 129 }, () => sessionOf().session);
    sessions.forEach((session) => early.begin(session));
    const full = 'x'.repeat(256 * 1024);
    const told = sessions.map((session) => early.hold(session, full));
    expect(told.filter((one) => one === 'held')).toHaveLength(127);
    expect(told.at(-1)).toBe('full');
    early.end(sessions[0]!);
    expect(early.hold(sessions.at(-1)!, full)).toBe('held');
  });
});

describe('events that are left aside', () => {
  it('are all counted, and told of once a minute', async () => {
    const metrics = createMetrics();
    const lines: unknown[] = [];
    const logger = Object.assign(createLogger('silent'), { warn: (line: unknown) => lines.push(line) });
    let now = 0;
    const tell = createAsideTeller(logger, metrics, () => now);
    const event = { type: 'SomethingElse', stream: 'conversation-dm~a~b', revision: 3, position: 9 } as RecordedEvent;
    for (let count = 0; count < 1_000; count += 1) tell('unknown', event);
    tell('foreign', event);
    expect(lines).toHaveLength(2);
    now = 60_000;
    tell('unknown', event);
    expect(lines).toHaveLength(3);
    const { values } = await metrics.feedAside.get();
    expect(values.map(({ labels, value }) => [labels.kind, value])).toEqual([
      ['unknown', 1_001],
      ['foreign', 1],
    ]);
  });
});
