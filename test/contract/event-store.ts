import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../../src/event-store/event-store.ts';
import type { EventData, EventStore, RecordedEvent } from '../../src/event-store/event-store.ts';
import { beginEpoch, ensureIdentity, identityOf } from '../../src/event-store/log-identity.ts';

export interface EventStoreFixture {
  readonly name: string;
  /** A store that whoever opens it closes. */
  open(): Promise<EventStore>;
}

function event(data: unknown = { text: '你好 🌊 \u0000 \\ "' }): EventData {
  return { id: randomUUID(), type: 'Tested', data, metadata: { schemaVersion: 1, lastSeq: 1 } };
}

const events = (count: number): EventData[] => Array.from({ length: count }, (_, index) => event({ index }));

/** Streams of a test's own, so that a store may be shared. */
function streams(): { readonly prefix: string; stream(name: string): string } {
  const prefix = `conversation-${randomUUID()}-`;
  return { prefix, stream: (name) => prefix + name };
}

/** Reads a subscription until `enough`, then ends it. */
async function collect(
  store: EventStore,
  options: { after: number; prefixes: readonly string[]; maxBatch?: number },
  enough: (seen: readonly RecordedEvent[], caughtUp: boolean) => boolean,
): Promise<RecordedEvent[]> {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const seen: RecordedEvent[] = [];
  for await (const batch of store.subscribeToAll({ ...options, signal: ending.signal })) {
    seen.push(...batch.events);
    if (enough(seen, batch.caughtUp)) break;
  }
  return seen;
}

/** What every adapter of the event-store port promises. */
export function describeEventStore({ name, open }: EventStoreFixture): void {
  describe(`the event store port: ${name}`, () => {
    let store: EventStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    it('gives back what was appended, byte for byte, with its place', async () => {
      const stream = streams().stream('a');
      const [first, second] = [event(), event({ n: 1.5, deep: [null, true, { x: '' }] })];
      const result = await store.appendToStream(stream, [first, second], 'no_stream');
      const read = await store.readStream(stream, { direction: 'forwards', maxCount: 10 });
      expect(read.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual([first, second]);
      expect(read.map(({ revision }) => revision)).toEqual([0, 1]);
      expect(result.revision).toBe(1);
      expect(result.position).toBe(read[1]!.position);
      expect(read[0]!.position).toBeGreaterThan(0);
      expect(read[1]!.position).toBeGreaterThan(read[0]!.position);
      expect(Math.abs(Date.now() - read[0]!.created)).toBeLessThan(60_000);
    });

    it('refuses an append at a revision that the stream is not at, and says where it is', async () => {
      const { stream } = streams();
      const [a, b] = [stream('a'), stream('b')];
      await store.appendToStream(a, events(3), 'no_stream');
      for (const expected of ['no_stream', 0, 1, 3] as const) {
        const refusal = await store.appendToStream(a, [event()], expected).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(WrongExpectedRevisionError);
        expect((refusal as WrongExpectedRevisionError).actual).toBe(2);
      }
      const nowhere = await store.appendToStream(b, [event()], 0).catch((error: unknown) => error);
      expect(nowhere).toBeInstanceOf(WrongExpectedRevisionError);
      expect((nowhere as WrongExpectedRevisionError).actual).toBe('no_stream');
      expect(await store.readStream(a, { direction: 'forwards', maxCount: 10 })).toHaveLength(3);
    });

    it('answers the same append again with its first outcome, also after the stream has moved on', async () => {
      const stream = streams().stream('a');
      const batch = events(3);
      await store.appendToStream(stream, events(1), 'no_stream');
      const first = await store.appendToStream(stream, batch, 0);
      await store.appendToStream(stream, events(2), 3);
      const again = await store.appendToStream(stream, batch, 0);
      expect(again).toEqual(first);
      expect(await store.readStream(stream, { direction: 'forwards', maxCount: 10 })).toHaveLength(6);
    });

    it('takes half a known append for another one', async () => {
      const stream = streams().stream('a');
      const batch = events(2);
      await store.appendToStream(stream, batch, 'no_stream');
      for (const other of [
        [batch[0]!, event()],
        [...batch, event()],
        [event(), batch[1]!],
      ]) {
        await expect(store.appendToStream(stream, other, 'no_stream')).rejects.toBeInstanceOf(
          WrongExpectedRevisionError,
        );
      }
    });

    it('lets one of many appends at the same revision win', async () => {
      const stream = streams().stream('a');
      await store.appendToStream(stream, events(1), 'no_stream');
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => store.appendToStream(stream, events(2), 0)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store.readStream(stream, { direction: 'forwards', maxCount: 100 })).toHaveLength(3);
    });

    it('reads a stream both ways from any revision', async () => {
      const stream = streams().stream('a');
      let revision = -1;
      for (const size of [1, 4, 2, 5]) {
        const expected = revision === -1 ? 'no_stream' : revision;
        revision = (await store.appendToStream(stream, events(size), expected)).revision;
      }
      const revisions = async (direction: 'forwards' | 'backwards', maxCount: number, fromRevision?: number) => {
        const options = fromRevision === undefined ? { direction, maxCount } : { direction, maxCount, fromRevision };
        return (await store.readStream(stream, options)).map((recorded) => recorded.revision);
      };
      expect(await revisions('forwards', 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(await revisions('forwards', 3, 3)).toEqual([3, 4, 5]);
      expect(await revisions('forwards', 3, 11)).toEqual([11]);
      expect(await revisions('forwards', 3, 12)).toEqual([]);
      expect(await revisions('backwards', 3)).toEqual([11, 10, 9]);
      expect(await revisions('backwards', 3, 6)).toEqual([6, 5, 4]);
      expect(await revisions('backwards', 100, 2)).toEqual([2, 1, 0]);
      expect(await revisions('backwards', 2, 0)).toEqual([0]);
    });

    it('reads nothing from a stream that is not there', async () => {
      const stream = streams().stream('none');
      expect(await store.readStream(stream, { direction: 'forwards', maxCount: 1 })).toEqual([]);
      expect(await store.readStream(stream, { direction: 'backwards', maxCount: 1 })).toEqual([]);
    });

    it('brings a subscriber everything after its position once, in order, past and live alike', async () => {
      const { prefix, stream } = streams();
      const start = await store.lastPosition();
      const total = 300;
      const appending = (async () => {
        for (let count = 0; count < total; count += 3) {
          const place = stream(String(count));
          await store.appendToStream(place, events(3), 'no_stream');
        }
      })();
      const seen = await collect(
        store,
        { after: start, prefixes: [prefix], maxBatch: 7 },
        (all) => all.length >= total,
      );
      await appending;
      const positions = seen.map(({ position }) => position);
      expect(seen).toHaveLength(total);
      expect(new Set(positions).size).toBe(total);
      expect(positions).toEqual([...positions].sort((one, other) => one - other));
      const middle = positions[100]!;
      const rest = await collect(store, { after: middle, prefixes: [prefix] }, (_, caughtUp) => caughtUp);
      expect(rest.map(({ position }) => position)).toEqual(positions.slice(101));
    });

    it('brings a subscriber only the streams that it asked for', async () => {
      const { prefix, stream } = streams();
      const start = await store.lastPosition();
      await store.appendToStream(`other-${randomUUID()}`, events(1), 'no_stream');
      await store.appendToStream(stream('a'), events(1), 'no_stream');
      await store.appendToStream(`${prefix.slice(0, -1)}.`, events(1), 'no_stream');
      const user = `user-${randomUUID()}`;
      await store.appendToStream(user, events(1), 'no_stream');
      const seen = await collect(store, { after: start, prefixes: [prefix, user] }, (_, caughtUp) => caughtUp);
      expect(seen.map((recorded) => recorded.stream)).toEqual([stream('a'), user]);
    });

    it('tells a subscriber that it is caught up where there is nothing to bring', async () => {
      const start = await store.lastPosition();
      expect(await collect(store, { after: start, prefixes: [streams().prefix] }, (_, caughtUp) => caughtUp)).toEqual(
        [],
      );
    });

    it('reads no further ahead than a slow subscriber asks', async () => {
      const { prefix, stream } = streams();
      const start = await store.lastPosition();
      await store.appendToStream(stream('a'), events(50), 'no_stream');
      const sizes: number[] = [];
      await collect(store, { after: start, prefixes: [prefix], maxBatch: 10 }, (seen) => {
        sizes.push(seen.length);
        return seen.length >= 50;
      });
      expect(Math.max(...sizes.map((size, index) => size - (sizes[index - 1] ?? 0)))).toBeLessThanOrEqual(10);
    });

    it('keeps for a slow subscriber what comes while it is busy, once and in order', async () => {
      const { prefix, stream } = streams();
      const start = await store.lastPosition();
      await store.appendToStream(stream('a'), events(20), 'no_stream');
      const sizes: number[] = [];
      const revisions: number[] = [];
      const subscription = store.subscribeToAll({
        after: start,
        prefixes: [prefix],
        maxBatch: 50,
        signal: new AbortController().signal,
      });
      for await (const batch of subscription) {
        if (revisions.length === 0) {
          for (let head = 19; head < 2_019; head += 200) await store.appendToStream(stream('a'), events(200), head);
        }
        sizes.push(batch.events.length);
        revisions.push(...batch.events.map(({ revision }) => revision));
        if (revisions.length >= 2_020) break;
      }
      expect(revisions).toEqual(Array.from({ length: 2_020 }, (_, revision) => revision));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
    });

    it('tells a subscriber again that it is caught up when live events have come', async () => {
      const { prefix, stream } = streams();
      const start = await store.lastPosition();
      const told: boolean[] = [];
      const seen = await collect(store, { after: start, prefixes: [prefix] }, (all, caughtUp) => {
        if (told.length === 0) void store.appendToStream(stream('a'), events(3), 'no_stream');
        told.push(caughtUp);
        return all.length === 3 && caughtUp;
      });
      expect(seen.map(({ revision }) => revision)).toEqual([0, 1, 2]);
      expect(told[0]).toBe(true);
    });

    it('lets a subscriber leave in the middle, and begin again where it was', async () => {
      const { prefix, stream } = streams();
      const start = await store.lastPosition();
      await store.appendToStream(stream('a'), events(100), 'no_stream');
      const revisions: number[] = [];
      for (let after = start; revisions.length < 100;) {
        const part = await collect(store, { after, prefixes: [prefix], maxBatch: 30 }, (seen) => seen.length > 0);
        revisions.push(...part.map(({ revision }) => revision));
        after = part.at(-1)!.position;
      }
      expect(revisions).toEqual(Array.from({ length: 100 }, (_, revision) => revision));
    });

    it('ends a subscription without an error when it is told to', async () => {
      const ending = new AbortController();
      const start = await store.lastPosition();
      const subscription = store.subscribeToAll({ after: start, prefixes: [streams().prefix], signal: ending.signal });
      const iterator = subscription[Symbol.asyncIterator]();
      expect((await iterator.next()).value).toEqual({ events: [], caughtUp: true });
      const next = iterator.next();
      ending.abort();
      expect((await next).done).toBe(true);
    });

    it('knows its newest position', async () => {
      const before = await store.lastPosition();
      const { position } = await store.appendToStream(streams().stream('a'), events(2), 'no_stream');
      expect(position).toBeGreaterThan(before);
      expect(await store.lastPosition()).toBeGreaterThanOrEqual(position);
    });

    it('gives the event at a position, and none where there is none', async () => {
      const stream = streams().stream('a');
      const { position } = await store.appendToStream(stream, events(3), 'no_stream');
      const read = await store.readStream(stream, { direction: 'forwards', maxCount: 3 });
      for (const event of read) expect(await store.eventAt(event.position)).toEqual(event);
      expect(await store.eventAt(position + 1_000_000)).toBeUndefined();
      expect(await store.eventAt(Number.MAX_SAFE_INTEGER)).toBeUndefined();
      // What was asked in vain disturbs nobody.
      expect(await store.readStream(stream, { direction: 'forwards', maxCount: 3 })).toEqual(read);
    });

    it('has one identity for all who ask, and another epoch each time that one begins', async () => {
      const [one, other] = await Promise.all([ensureIdentity(store), ensureIdentity(store)]);
      expect(other).toEqual(one);
      expect(await identityOf(store)).toEqual(one);
      const next = await beginEpoch(store, 'restored');
      expect(next.log).toBe(one.log);
      expect(next.epoch).not.toBe(one.epoch);
      expect(await ensureIdentity(store)).toEqual(next);
    });

    it('takes for its newest position that of our own streams: conversations and users', async () => {
      for (const kind of ['conversation', 'user']) {
        const own = await store.appendToStream(`${kind}-${randomUUID()}`, events(1), 'no_stream');
        expect(await store.lastPosition()).toBeGreaterThanOrEqual(own.position);
        for (const strange of ['other', '$other', `${kind}s`]) {
          const { position } = await store.appendToStream(`${strange}-${randomUUID()}`, events(1), 'no_stream');
          expect(await store.lastPosition()).not.toBe(position);
        }
      }
    });

    it('takes nothing more once it is closed, and ends its subscriptions', async () => {
      const closing = await open();
      const { prefix, stream } = streams();
      const appending = closing.appendToStream(stream('a'), events(1), 'no_stream');
      const following = collect(
        closing,
        { after: await closing.lastPosition(), prefixes: [`${prefix}b`] },
        () => false,
      );
      await closing.close();
      expect(await appending).toMatchObject({ revision: 0 });
      expect(await following).toEqual([]);
      await expect(closing.appendToStream(stream('a'), events(1), 0)).rejects.toBeInstanceOf(
        EventStoreUnavailableError,
      );
      await closing.close();
    });
  });
}
