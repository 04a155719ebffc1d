import { expect, onTestFinished, test } from 'vitest';
import {
  EventStoreError,
  MisplacedAppendError,
  StreamDeletedError,
  WrongExpectedRevisionError,
} from '../../src/event-store/event-store.ts';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import { inOrder } from '../../src/event-store/eventstoredb/in-order.ts';
import { events, newStream, openStore } from '../support/appending.ts';
import { startStandIn } from '../support/stand-in.ts';

const all = { direction: 'forwards', maxCount: 10 } as const;

async function openBoth() {
  const { url } = await startStandIn();
  const { client, close } = connect(url);
  onTestFinished(() => close());
  const { store } = await openStore(url);
  return { client, store };
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a stream that was deleted for good says so, to appends and to reads', async () => {
  const { client, store } = await openBoth();
  const stream = newStream();
  await store.appendToStream(stream, events(2), 'no_stream');
  await client.tombstoneStream(stream);
  const told = [
    await failureOf(store.appendToStream(stream, events(1), 1)),
    await failureOf(store.appendToStream(stream, events(1), 'no_stream')),
    await failureOf(store.readStream(stream, all)),
    await failureOf(store.readStream(stream, { ...all, direction: 'backwards' })),
  ];
  for (const error of told) {
    expect(error).toBeInstanceOf(StreamDeletedError);
    expect(error).toBeInstanceOf(EventStoreError);
    expect(error).toMatchObject({ code: 'STREAM_DELETED', temporary: false, stream });
  }
  const other = newStream();
  expect(await store.appendToStream(other, events(1), 'no_stream')).toMatchObject({ revision: 0 });
  expect(await store.readStream(other, all)).toHaveLength(1);
});

test('an append that goes on behind deleted events is no success: where it ended is told', async () => {
  const { client, store } = await openBoth();
  const stream = newStream();
  await store.appendToStream(stream, events(3), 'no_stream');
  await client.deleteStream(stream);
  const batch = events(2);
  const error = await failureOf(store.appendToStream(stream, batch, 'no_stream'));
  expect(error).toBeInstanceOf(MisplacedAppendError);
  expect(error).toBeInstanceOf(EventStoreError);
  expect(error).toMatchObject({ code: 'APPEND_MISPLACED', temporary: false, stream, expected: 1, got: 4 });
  expect(await failureOf(store.appendToStream(stream, batch, 'no_stream'))).toBeInstanceOf(WrongExpectedRevisionError);
});

test('a stream whose first events were cut off goes on at its revision', async () => {
  const { client, store } = await openBoth();
  const stream = newStream();
  await store.appendToStream(stream, events(3), 'no_stream');
  await client.setStreamMetadata(stream, { truncateBefore: 2 });
  expect(await store.appendToStream(stream, events(2), 2)).toMatchObject({ revision: 4 });
});

test('a gap in a stream that was deleted for good holds nobody up', async () => {
  const { client, store } = await openBoth();
  const stream = newStream();
  await store.appendToStream(stream, events(3), 'no_stream');
  const [first, , third] = await store.readStream(stream, all);
  await client.tombstoneStream(stream);
  const order = inOrder(store.readStream);
  expect(await order([first!])).toEqual([first]);
  expect(await order([third!])).toEqual([third]);
});
