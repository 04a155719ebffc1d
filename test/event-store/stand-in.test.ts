import { randomUUID } from 'node:crypto';
import {
  BACKWARDS,
  binaryEvent,
  END,
  EventStoreDBClient,
  jsonEvent,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import type { EventData, ResolvedEvent } from '@eventstore/db-client';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import { temporaryFolder } from '../support/folder.ts';
import { sharedStandIn, startStandIn } from '../support/stand-in.ts';
import type { StandInProcess } from '../support/stand-in.ts';
import { until, within } from '../support/until.ts';

const shared = sharedStandIn();

function connect({ url }: StandInProcess, options = ''): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(`${url}${options}`);
  onTestFinished(() => client.dispose());
  return client;
}

const newStream = (): string => `conversation-${randomUUID()}`;

function event(data: unknown = { text: '你好' }): EventData {
  return jsonEvent({ type: 'Tested', data: data as never, metadata: { schemaVersion: 1, lastSeq: 3 } });
}

const events = (count: number): EventData[] => Array.from({ length: count }, () => event());

async function read(client: EventStoreDBClient, stream: string): Promise<ResolvedEvent[]> {
  const found: ResolvedEvent[] = [];
  for await (const resolved of client.readStream(stream)) found.push(resolved);
  return found;
}

const ids = (found: readonly ResolvedEvent[]): (string | undefined)[] => found.map(({ event: it }) => it?.id);

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Whether a promise is still open after all that was sent before was answered. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const nothing = Symbol();
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(() => resolve(nothing)))])) === nothing;
}

test('what the port appends is the same through the stand-in, and what comes through it is the same for the port', async () => {
  const dataDir = temporaryFolder();
  const [ours, theirs] = [newStream(), newStream()];
  const own = {
    id: randomUUID(),
    type: 'MessageSent',
    data: { n: 1.5, deep: [null, '🌊'] },
    metadata: { schemaVersion: 1 },
  };
  const onFatal = (error: Error): never => {
    throw error;
  };
  const before = await openEmbeddedEventStore({ dataDir, onFatal });
  await before.appendToStream(ours, [own], 'no_stream');
  await before.close();

  const standIn = await startStandIn({ dataDir });
  const client = connect(standIn);
  expect((await read(client, ours))[0]?.event).toMatchObject({ ...own, isJson: true, revision: 0n });
  const sent = event({ text: 'through' });
  await client.appendToStream(theirs, [sent, binaryEvent({ type: 'Binary', data: Uint8Array.of(0, 255) })]);
  expect(await standIn.stop()).toBe(0);

  const after = await openEmbeddedEventStore({ dataDir, onFatal });
  const found = await after.readStream(theirs, { direction: 'forwards', maxCount: 10 });
  await after.close();
  expect(found[0]).toMatchObject({ id: sent.id, type: 'Tested', data: sent.data, metadata: sent.metadata });
  expect(found.map(({ revision }) => revision)).toEqual([0, 1]);
});

test('everything is there after a crash, and the same append is still known', async () => {
  const standIn = shared();
  const stream = newStream();
  const batch = events(3);
  const first = await connect(standIn).appendToStream(stream, batch, { expectedRevision: 'no_stream' });
  await standIn.restart();
  const client = connect(standIn);
  expect(await client.appendToStream(stream, batch, { expectedRevision: 'no_stream' })).toEqual(first);
  expect(ids(await read(client, stream))).toEqual(batch.map(({ id }) => id));
});

test('ids by which appends at any are recognised do not survive a restart, nor being forgotten', async () => {
  const standIn = shared();
  const stream = newStream();
  const known = event();
  const client = connect(standIn);
  const append = async (): Promise<bigint> => (await client.appendToStream(stream, known)).nextExpectedRevision;
  expect([await append(), await append()]).toEqual([0n, 0n]);
  await standIn.faults.forgetIds();
  expect([await append(), await append()]).toEqual([1n, 1n]);
  await standIn.restart();
  const again = connect(standIn);
  expect((await again.appendToStream(stream, known)).nextExpectedRevision).toBe(2n);
});

test('an answer that is dropped leaves the events there, and the same append gets the first outcome', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  const batch = events(2);
  await standIn.faults.set({ dropAnswers: 1 });
  const unanswered = client.appendToStream(stream, batch, { expectedRevision: 'no_stream' });
  unanswered.catch(() => undefined);
  await until(async () => (await read(client, stream).catch(() => [])).length === 2, 'the events are there');
  expect(await isOpen(unanswered)).toBe(true);
  const again = await client.appendToStream(stream, batch, { expectedRevision: 'no_stream' });
  expect(again.nextExpectedRevision).toBe(1n);
  expect(await read(client, stream)).toHaveLength(2);
});

test('mute: nothing is answered or done, subscriptions fall silent and go on afterwards', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  const seen: unknown[] = [];
  let caughtUp = false;
  client
    .subscribeToStream(stream)
    .on('caughtUp', () => (caughtUp = true))
    .on('error', () => undefined)
    .on('data', (it) => seen.push(it.event?.id));
  await until(() => caughtUp, 'the subscription is caught up');
  const [before, meanwhile, after] = [event(), event(), event()];
  await client.appendToStream(stream, before);
  await until(() => seen.length === 1, 'the first is seen');
  await standIn.faults.set({ mute: true });
  const unanswered = client.appendToStream(stream, meanwhile);
  unanswered.catch(() => undefined);
  await standIn.faults.set({ mute: true });
  await standIn.faults.set({ mute: false });
  await client.appendToStream(stream, after);
  await until(() => seen.length === 2, 'the last is seen');
  expect(await isOpen(unanswered)).toBe(true);
  expect(seen).toEqual([before.id, after.id]);
});

test('busy and not ready are told as such, and nothing is written', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  await client.appendToStream(stream, event());
  await standIn.faults.set({ refuse: 'busy' });
  expect(await failureOf(client.appendToStream(stream, event()))).toMatchObject({
    type: 'unknown',
    message: 'Could not recognize Server Is Busy',
  });
  expect(await failureOf(read(client, stream))).toMatchObject({ type: 'unavailable' });
  await standIn.faults.set({ refuse: 'not-ready' });
  // The read's failure made the client look for the server's features anew: that is refused too.
  expect(await failureOf(client.appendToStream(stream, event()))).toMatchObject({ code: 14 });
  await standIn.faults.clear();
  expect(await read(client, stream)).toHaveLength(1);
});

test('a follower names the leader, and the client goes there', async () => {
  const [follower, leader] = [shared(), await startStandIn()];
  const client = connect(follower);
  const stream = newStream();
  await client.appendToStream(newStream(), event());
  await follower.faults.set({ refuse: { leader: { host: leader.host, port: leader.port } } });
  expect(await failureOf(client.appendToStream(stream, event()))).toMatchObject({
    type: 'not-leader',
    leader: { address: leader.host, port: leader.port },
  });
  await client.appendToStream(stream, event());
  expect(await read(connect(leader), stream)).toHaveLength(1);
});

test('a request is held up, and overtaken by those that come when that is over', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  await client.appendToStream(stream, event());
  await standIn.faults.set({ delayMs: 2_000 });
  const heldUp = client.appendToStream(stream, event());
  await standIn.faults.set({ delayMs: 2_000 });
  await standIn.faults.clear();
  expect((await client.appendToStream(stream, event())).nextExpectedRevision).toBe(1n);
  expect((await heldUp).nextExpectedRevision).toBe(2n);
});

test('an event that is none is refused once, and the client lives on', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  for (const bad of [jsonEvent({ type: '', data: 'x' }), jsonEvent({ id: 'nonsense', type: 'T', data: 'x' })]) {
    expect(await failureOf(client.appendToStream(stream, bad))).toMatchObject({
      type: 'unknown',
      message: 'Could not recognize BadRequest',
    });
  }
  expect((await client.appendToStream(stream, event())).nextExpectedRevision).toBe(0n);
});

test('a cut connection fails what is under way, and the next request finds the server again', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  await client.appendToStream(stream, event());
  const failed = new Promise((resolve) =>
    client
      .subscribeToStream(stream)
      .on('error', resolve)
      .on('data', () => undefined),
  );
  await standIn.faults.cut();
  expect(await within(failed, 'the subscription fails')).toMatchObject({ type: 'unavailable' });
  await until(() => client.appendToStream(stream, event()).then(Boolean, () => false), 'an append succeeds');
});

test('the end of the server ends calls with an error that says it is gone, and the exit is an orderly one', async () => {
  const standIn = await startStandIn();
  const client = connect(standIn);
  const failed = new Promise((resolve) =>
    client
      .subscribeToAll()
      .on('error', resolve)
      .on('data', () => undefined),
  );
  await client.appendToStream(newStream(), event());
  expect(await standIn.stop()).toBe(0);
  expect(['unavailable', 'cancelled']).toContain(((await within(failed, 'the call fails')) as { type: string }).type);
});

test('the cluster is this one node, which leads', async () => {
  const standIn = shared();
  const client = EventStoreDBClient.connectionString(
    `esdb://127.0.0.1:${standIn.port},127.0.0.1:${standIn.port}?tls=false`,
  );
  onTestFinished(() => client.dispose());
  expect((await client.appendToStream(newStream(), event())).nextExpectedRevision).toBe(0n);
});

test('a slow subscriber is waited for and misses nothing, while others go on', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const stream = newStream();
  const total = 9_000;
  const filter = streamNameFilter({ prefixes: [stream] });
  const slow = client.subscribeToAll({ fromPosition: START, filter });
  const iterator = slow[Symbol.asyncIterator]() as AsyncIterator<ResolvedEvent, undefined>;
  const quick: (string | undefined)[] = [];
  client.subscribeToAll({ fromPosition: START, filter }).on('data', (it) => quick.push(it.event?.id));
  const all = events(total);
  await client.appendToStream(stream, all.slice(0, 1));
  const seen = [(await iterator.next()).value?.event?.id];
  for (let from = 1; from < total; from += 1_000) await client.appendToStream(stream, all.slice(from, from + 1_000));
  await until(() => quick.length === total, 'the quick one has all');
  while (seen.length < total) seen.push((await iterator.next()).value?.event?.id);
  expect(quick).toEqual(all.map(({ id }) => id));
  expect(seen).toEqual(quick);
  await slow.unsubscribe();
});

test('many subscribers to everything get each event once, in order', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const [stream, count, total] = [newStream(), 20, 50];
  const seen = Array.from({ length: count }, (): (string | undefined)[] => []);
  const caughtUp = seen.map((list) => {
    const subscription = client.subscribeToAll({ fromPosition: END, filter: streamNameFilter({ prefixes: [stream] }) });
    subscription.on('data', (it) => list.push(it.event?.id));
    return new Promise((resolve) => subscription.once('caughtUp', resolve));
  });
  await Promise.all(caughtUp);
  const all = events(total);
  for (const one of all) await client.appendToStream(stream, one);
  await until(() => seen.every(({ length }) => length === total), 'all have all');
  for (const list of seen) expect(list).toEqual(all.map(({ id }) => id));
});

test('a group goes on from its checkpoint after a crash', async () => {
  const standIn = shared();
  const stream = newStream();
  const before = connect(standIn);
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({
    startFrom: START,
    checkPointLowerBound: 1,
    checkPointUpperBound: 1,
  });
  await before.createPersistentSubscriptionToStream(stream, 'g', settings);
  await before.appendToStream(stream, events(3));
  const first = before.subscribeToPersistentSubscriptionToStream(stream, 'g');
  first
    .on('error', () => undefined)
    .on('data', (it: ResolvedEvent) => {
      if (it.event!.revision < 2n) void first.ack(it);
    });
  const checkpoints = `$persistentsubscription-${stream}::g-checkpoint`;
  await until(async () => {
    const found = await read(before, checkpoints).catch(() => []);
    return found.at(-1)?.event?.data === '1';
  }, 'the checkpoint is kept');
  await standIn.restart();

  const after = connect(standIn);
  const seen: (bigint | undefined)[] = [];
  const second = after.subscribeToPersistentSubscriptionToStream(stream, 'g');
  second.on('data', (it: ResolvedEvent) => {
    seen.push(it.event?.revision);
    void second.ack(it);
  });
  await after.appendToStream(stream, event());
  await until(() => seen.length === 2, 'what was not acked, and what came');
  expect(seen).toEqual([2n, 3n]);
});

test('a group of $all, as a gateway has it, delivers what its filter wants, past a consumer that is gone', async () => {
  const standIn = shared();
  const client = connect(standIn);
  const prefix = newStream();
  const settings = persistentSubscriptionToAllSettingsFromDefaults({
    startFrom: START,
    consumerStrategyName: 'DispatchToSingle',
    readBatchSize: 200,
  });
  await client.createPersistentSubscriptionToAll('gateway', settings, {
    filter: streamNameFilter({ prefixes: [prefix] }),
  });
  const all = events(300);
  for (let from = 0; from < all.length; from += 30) {
    await client.appendToStream(`${prefix}-${from % 4}`, all.slice(from, from + 30));
    await client.appendToStream(newStream(), events(5));
  }
  const lost: string[] = [];
  const first = client.subscribeToPersistentSubscriptionToAll('gateway', { bufferSize: 100 });
  first.on('data', (it: ResolvedEvent) => lost.push(it.event!.id));
  await until(() => lost.length === 100, 'the first takes as many as it may');
  await first.unsubscribe();

  const seen = new Set<string>();
  const second = client.subscribeToPersistentSubscriptionToAll('gateway', { bufferSize: 100 });
  second.on('data', (it: ResolvedEvent) => {
    seen.add(it.event!.id);
    void second.ack(it);
  });
  await until(() => seen.size === all.length, 'the second gets all');
  expect([...seen].sort()).toEqual(all.map(({ id }) => id).sort());
});

test('a folder that is in use is refused, and said so', async () => {
  const standIn = shared();
  await expect(startStandIn({ dataDir: standIn.dataDir })).rejects.toThrow(/is in use/);
});

test('the newest events are read backwards however many an append wrote', async () => {
  const standIn = await startStandIn();
  const client = connect(standIn);
  const all = events(100);
  for (const [from, to] of [
    [0, 1],
    [1, 64],
    [64, 65],
    [65, 100],
  ] as const)
    await client.appendToStream(newStream(), all.slice(from, to));
  const found: ResolvedEvent[] = [];
  for await (const it of client.readAll({ direction: BACKWARDS, fromPosition: END })) found.push(it);
  expect(ids(found)).toEqual(all.map(({ id }) => id).reverse());
  const middle = found[40]!.event!.position!;
  const rest: ResolvedEvent[] = [];
  for await (const it of client.readAll({ direction: BACKWARDS, fromPosition: middle, maxCount: 30 })) rest.push(it);
  expect(ids(rest)).toEqual(ids(found.slice(41, 71)));
});
