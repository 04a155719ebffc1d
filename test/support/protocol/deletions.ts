import { BACKWARDS, END } from '@eventstore/db-client';
import { until } from '../until.ts';
import { collect, full, gather, revisions } from './answers.ts';
import { event, events } from './run.ts';
import type { Run } from './run.ts';

export async function deletions({ client, stream, step }: Run): Promise<void> {
  const a = stream('soft');
  const first = events(3);
  await step('delete of no stream', () => client.deleteStream(a));
  await step('delete of no stream at no_stream', () => client.deleteStream(a, { expectedRevision: 'no_stream' }));
  await client.appendToStream(a, first);
  await step('delete at a wrong revision', () => client.deleteStream(a, { expectedRevision: 9n }));
  await step('delete at a lower revision', () => client.deleteStream(a, { expectedRevision: 1n }));
  await step('delete', () => client.deleteStream(a, { expectedRevision: 2n }));
  await step('read of a deleted stream', () => revisions(client.readStream(a)));
  await step('metadata of a deleted stream', () => client.getStreamMetadata(a));
  await step('delete of a deleted stream', () => client.deleteStream(a));
  await step('append at stream_exists to a deleted stream', () =>
    client.appendToStream(a, event(), { expectedRevision: 'stream_exists' }),
  );
  await step('the first append again, deleted meanwhile', () =>
    client.appendToStream(a, first, { expectedRevision: 'no_stream' }),
  );
  await step('append at a wrong revision to a deleted stream', () =>
    client.appendToStream(a, event(), { expectedRevision: 7n }),
  );
  await step('append at no_stream to a deleted stream', () =>
    client.appendToStream(a, event(), { expectedRevision: 'no_stream' }),
  );
  await step('read of a stream taken up again', () => revisions(client.readStream(a)));
  await step('metadata of a stream taken up again', () => client.getStreamMetadata(a));
  await client.deleteStream(a);
  await step('append at any to a deleted stream', () => client.appendToStream(a, event()));
  await client.deleteStream(a);
  await step('append at its revision to a deleted stream', () =>
    client.appendToStream(a, event(), { expectedRevision: 4n }),
  );
  await step('read of a stream taken up again and again', () => revisions(client.readStream(a)));
  await client.deleteStream(a);
  await step('metadata set for a deleted stream', () =>
    client.setStreamMetadata(a, { maxCount: 5, own: 'x' } as never),
  );
  await step('metadata of it', async () => {
    // The server takes the stream up again after it has answered.
    const get = async (): Promise<{ readonly truncateBefore?: unknown }> =>
      (await client.getStreamMetadata(a)).metadata ?? {};
    await until(async () => (await get()).truncateBefore !== undefined, 'it is taken up again');
    return get();
  });
  await step('read of it', () => revisions(client.readStream(a)));

  const b = stream('hard');
  await client.appendToStream(b, events(2));
  await step('tombstone at a wrong revision', () => client.tombstoneStream(b, { expectedRevision: 9n }));
  await step('tombstone', () => client.tombstoneStream(b, { expectedRevision: 1n }));
  await step('tombstone again', () => client.tombstoneStream(b));
  await step('delete after a tombstone', () => client.deleteStream(b));
  await step('read after a tombstone', () => revisions(client.readStream(b)));
  await step('read backwards after a tombstone', () =>
    revisions(client.readStream(b, { direction: BACKWARDS, fromRevision: END })),
  );
  await step('metadata after a tombstone', () => client.getStreamMetadata(b));
  await step('append after a tombstone', () => client.appendToStream(b, event()));
  await step('append at no_stream after a tombstone', () =>
    client.appendToStream(b, event(), { expectedRevision: 'no_stream' }),
  );
  await step('append of nothing after a tombstone', () => client.appendToStream(b, []));
  await step('single append after a tombstone', () =>
    client.appendToStream(b, event(), { credentials: { username: 'admin', password: 'changeit' } }),
  );
  await step('metadata set after a tombstone', () => client.setStreamMetadata(b, { maxCount: 1 }));
  await step('a tombstone in $all', async () => {
    const found = await gather(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 20 }));
    return found.filter(({ event: it }) => it?.type === '$streamDeleted' && it.streamId === b).map(full);
  });
  await step('tombstone of no stream', () => client.tombstoneStream(stream('hard-2')));
  await step('append to it', () => client.appendToStream(stream('hard-2'), event()));
}

export async function metadata({ client, stream, step }: Run): Promise<void> {
  const a = stream('metadata');
  const read = (options = {}) => revisions(client.readStream(a, options));
  await step('metadata of no stream', () => client.getStreamMetadata(a));
  await step('metadata set for no stream', () => client.setStreamMetadata(a, { maxCount: 3 }));
  await step('stream_exists where there is only metadata', () =>
    client.appendToStream(a, events(5), { expectedRevision: 'stream_exists' }),
  );
  await step('maxCount', () => read());
  await step('maxCount, from before', () => read({ fromRevision: 1n, maxCount: 2 }));
  await step('maxCount, backwards', () => read({ direction: BACKWARDS, fromRevision: END }));
  await step('maxCount, backwards from before', () => read({ direction: BACKWARDS, fromRevision: 1n }));
  await step('truncateBefore set', () => client.setStreamMetadata(a, { truncateBefore: 4 }));
  await step('truncateBefore', () => read());
  await step('metadata set at a wrong revision', () =>
    client.setStreamMetadata(a, { maxCount: 1 }, { expectedRevision: 0n }),
  );
  await step('maxAge set', () => client.setStreamMetadata(a, { maxAge: 1000, custom: { x: 1 } } as never));
  await step('maxAge', () => read());
  await step('metadata', () => client.getStreamMetadata(a));
  await step('the metadata stream', () => collect(client.readStream(`$$${a}`)));
  await step('truncateBefore beyond the end', () => client.setStreamMetadata(a, { truncateBefore: 100 }));
  await step('read then', () => read());
  await step('read backwards then', () => read({ direction: BACKWARDS, fromRevision: END }));
  await step('append then', () => client.appendToStream(a, event(), { expectedRevision: 4n }));
}
