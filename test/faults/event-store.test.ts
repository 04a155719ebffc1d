import { describe, expect, onTestFinished, test } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { RecordedEvent } from '../../src/event-store/event-store.ts';
import type { Incident } from '../../src/event-store/eventstoredb/incident.ts';
import { event, events, expectKept, idsOf, insist, keepAppending, newStream, openStore } from '../support/appending.ts';
import { startRealServer } from '../support/event-store-server.ts';
import type { EventStoreServer } from '../support/event-store-server.ts';
import { sharedStandIn, startStandIn } from '../support/stand-in.ts';
import { until, within } from '../support/until.ts';

const shared = sharedStandIn();

describe('a server that does not answer', () => {
  test('the caller is told in time, and the same append made again is there once', async () => {
    const standIn = shared();
    const { store, incidents } = await openStore(standIn.url, { appendTimeoutMs: 500 });
    const [stream, batch] = [newStream(), events(2)];
    await standIn.faults.set({ mute: true });
    const told = await within(
      store.appendToStream(stream, batch, 'no_stream').catch((error: unknown) => error),
      'word',
    );
    expect(told).toBeInstanceOf(EventStoreUnavailableError);
    expect(incidents.map(({ kind }) => kind)).toContain('append-timed-out');
    await standIn.faults.clear();
    expect(await insist(store, stream, batch, 'no_stream')).toMatchObject({ revision: 1 });
    expect(await idsOf(store, stream)).toEqual(batch.map(({ id }) => id));
  });

  test('an append that was written but not answered has its first outcome when it is made again', async () => {
    const standIn = shared();
    const { store } = await openStore(standIn.url, { appendTimeoutMs: 500 });
    const [stream, batch] = [newStream(), events(2)];
    await standIn.faults.set({ dropAnswers: 1 });
    await expect(store.appendToStream(stream, batch, 'no_stream')).rejects.toBeInstanceOf(EventStoreUnavailableError);
    const { position } = await insist(store, stream, batch, 'no_stream');
    const read = await store.readStream(stream, { direction: 'forwards', maxCount: 10 });
    expect(read.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
    expect(position).toBe(read[1]!.position);
  });
});

describe('a server that refuses for now', () => {
  test.each(['busy', 'not-ready'] as const)(
    '%s: the append is made again without the caller noticing',
    async (refuse) => {
      const standIn = shared();
      const { store, incidents } = await openStore(standIn.url, { appendTimeoutMs: 20_000 });
      await standIn.faults.set({ refuse });
      const appending = store.appendToStream(newStream(), events(1), 'no_stream');
      await until(() => incidents.some(({ kind }) => kind === 'append-retried'), 'it is tried again');
      await standIn.faults.clear();
      expect(await appending).toMatchObject({ revision: 0 });
    },
  );

  test('a follower: the append goes to the leader that it names', async () => {
    const [follower, leader] = [shared(), await startStandIn()];
    const { store } = await openStore(follower.url, { appendTimeoutMs: 20_000 });
    const { store: atLeader } = await openStore(leader.url);
    await follower.faults.set({ refuse: { leader: { host: leader.host, port: leader.port } } });
    const [stream, batch] = [newStream(), events(1)];
    await store.appendToStream(stream, batch, 'no_stream');
    expect(await idsOf(atLeader, stream)).toEqual(batch.map(({ id }) => id));
  });
});

test('connections cut under hundreds of appends: all of them are there once, in order', async () => {
  const standIn = shared();
  const { store, incidents } = await openStore(standIn.url);
  const appending = keepAppending(store, 200);
  for (let cut = 1; cut <= 3; cut += 1) {
    const before = appending.acked();
    await until(() => appending.acked() > before + 200, 'appends go on');
    await standIn.faults.cut();
    await until(() => incidents.filter(({ kind }) => kind === 'connection-lost').length >= cut, 'the cut is noticed');
  }
  await expectKept(store, await appending.end());
});

test('a thread that appends and dies of an error takes its appends with it, not the process', async () => {
  const { startAppendThread } = await import('../../src/event-store/eventstoredb/append-thread.ts');
  const source = `
    import { parentPort as port } from 'node:worker_threads';
    port.postMessage({ kind: 'ready' });
    port.on('message', ({ kind, appends }) => {
      if (kind === 'close') port.close();
      for (const { key, stream } of appends ?? []) {
        if (stream === 'poison') setImmediate(() => { throw new TypeError('undefined is not iterable'); });
        if (stream === 'good') port.postMessage({ kind: 'outcomes', outcomes: [{ kind: 'appended', key, revision: 0, position: 1 }] });
      }
    });`;
  const incidents: Incident[] = [];
  const thread = startAppendThread({
    url: '',
    timeoutMs: 20_000,
    onIncident: (incident) => incidents.push(incident),
    program: new URL(`data:text/javascript,${encodeURIComponent(source)}`),
  });
  onTestFinished(() => thread.close());
  const silent = thread.append('silent', [event()], 'no_stream');
  const poison = thread.append('poison', [event()], 'no_stream');
  for (const outcome of await Promise.allSettled([silent, poison])) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(EventStoreUnavailableError) as unknown });
  }
  expect(incidents).toMatchObject([{ kind: 'worker-lost', count: 2, reason: 'undefined is not iterable' }]);
  expect(await thread.append('good', [event()], 'no_stream')).toEqual({ revision: 0, position: 1 });
});

/** What any server must stand: the stand-in, and a real one where there is a command that runs it. */
function describeHarm(name: string, start: () => EventStoreServer | Promise<EventStoreServer>): void {
  describe(name, () => {
    test('killed and started again under load: nothing acked is missing, nothing is there twice', async () => {
      const server = await start();
      const { store } = await openStore(server.url);
      const appending = keepAppending(store, 64);
      for (let round = 1; round <= 2; round += 1) {
        const before = appending.acked();
        await until(() => appending.acked() > before + 200, 'appends go on');
        await server.restart();
      }
      await expectKept(store, await appending.end());
    });

    test('frozen: appends and subscriptions are told, and go on when it wakes', async () => {
      const server = await start();
      const { store } = await openStore(server.url);
      const stream = newStream();
      const ending = new AbortController();
      onTestFinished(() => ending.abort());
      const follow = async (after: number): Promise<RecordedEvent> => {
        const subscription = store.subscribeToAll({ after, prefixes: [stream], signal: ending.signal });
        for await (const batch of subscription) if (batch.events[0] !== undefined) return batch.events[0];
        throw new Error('the subscription ended');
      };
      const [one, other] = [event(), event()];
      const { position } = await insist(store, stream, [one], 'no_stream');
      expect((await follow(0)).id).toBe(one.id);

      const following = follow(position).catch((error: unknown) => error);
      await server.freeze();
      onTestFinished(() => server.thaw());
      await expect(store.appendToStream(stream, [other], 0)).rejects.toBeInstanceOf(EventStoreUnavailableError);
      await expect(store.readStream(stream, { direction: 'forwards', maxCount: 1 })).rejects.toBeInstanceOf(
        EventStoreUnavailableError,
      );
      expect(await within(following, 'the end of the subscription')).toBeInstanceOf(EventStoreUnavailableError);
      server.thaw();
      await insist(store, stream, [other], 0);
      expect((await follow(position)).id).toBe(other.id);
      expect(await idsOf(store, stream)).toEqual([one.id, other.id]);
    });
  });
}

describeHarm('the stand-in', shared);

const { EVENTSTORE_URL: url, EVENTSTORE_COMMAND: command } = process.env;
if (url === undefined || command === undefined) {
  test.skip('a real EventStoreDB (EVENTSTORE_COMMAND, which runs one in the foreground at EVENTSTORE_URL, is not set)');
} else {
  describeHarm('a real EventStoreDB', () => startRealServer(command, url));
}
