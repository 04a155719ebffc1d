import { expect, test } from 'vitest';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.ts';
import { inOrder } from '../../src/event-store/eventstoredb/in-order.ts';

/** Events `a0`, `a1`, … of a stream `a`, with the position that the digits after the `@` give. */
function recorded(...names: string[]): RecordedEvent[] {
  return names.map((name) => {
    const [place = '', position] = name.split('@');
    const [stream, revision] = [place[0]!, Number(place.slice(1))];
    const event = { id: place, type: 'Tested', data: {}, metadata: { schemaVersion: 1 }, created: 0 };
    return { ...event, stream, revision, position: Number(position ?? revision) };
  });
}

/** The order of a log that holds the streams `a` and `b`, ten events each. */
function orderOf() {
  const reads: string[] = [];
  const readStream: EventStore['readStream'] = (stream, { fromRevision = 0, maxCount }) => {
    reads.push(`${stream}${fromRevision}+${maxCount}`);
    return Promise.resolve(
      recorded(...Array.from({ length: maxCount }, (_, index) => `${stream}${fromRevision + index}`)),
    );
  };
  const order = inOrder(readStream);
  return { reads, ids: async (...names: string[]) => (await order(recorded(...names))).map(({ id }) => id) };
}

test('what comes in order stays as it is, and nothing is read', async () => {
  const { ids, reads } = orderOf();
  expect(await ids('a0@1', 'b0@2', 'a1@3')).toEqual(['a0', 'b0', 'a1']);
  expect(await ids('a2@4', 'b1@5')).toEqual(['a2', 'b1']);
  expect(reads).toEqual([]);
});

test('repeats are dropped, within a batch and over batches', async () => {
  const { ids } = orderOf();
  expect(await ids('a0@1', 'a0@1', 'a1@2')).toEqual(['a0', 'a1']);
  expect(await ids('a1@2', 'a0@1', 'a2@3')).toEqual(['a2']);
});

test('what is out of order in a batch is put in order without a read', async () => {
  const { ids, reads } = orderOf();
  expect(await ids('a2@5', 'b0@2', 'a0@1', 'a1@4')).toEqual(['a0', 'b0', 'a1', 'a2']);
  expect(reads).toEqual([]);
});

test('a gap is read from its stream, and what comes late is then a repeat', async () => {
  const { ids, reads } = orderOf();
  expect(await ids('a0@1')).toEqual(['a0']);
  expect(await ids('a3@7')).toEqual(['a1', 'a2', 'a3']);
  expect(reads).toEqual(['a1+2']);
  expect(await ids('a1@2', 'a4@8')).toEqual(['a4']);
});

test('a stream not seen before is taken from where it is', async () => {
  const { ids, reads } = orderOf();
  expect(await ids('a7@9', 'a8@10')).toEqual(['a7', 'a8']);
  expect(reads).toEqual([]);
});

test('a gap of which a part is hidden brings nothing twice', async () => {
  const order = inOrder((stream) => Promise.resolve(recorded(`${stream}2@4`, `${stream}3@7`)));
  await order(recorded('a0@1'));
  expect((await order(recorded('a3@7'))).map(({ id }) => id)).toEqual(['a2', 'a3']);
});

test('a gap that cannot be read is told', async () => {
  const order = inOrder(() => Promise.reject(new Error('lost')));
  await order(recorded('a0@1'));
  await expect(order(recorded('a2@3'))).rejects.toThrow('lost');
});
