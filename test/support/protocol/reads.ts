import { BACKWARDS, binaryEvent, END, FORWARDS, START } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { brief, collect, gather, revisions } from './answers.ts';
import { events } from './run.ts';
import type { Run } from './run.ts';

export async function reads({ client, stream, prefix, step }: Run): Promise<void> {
  const a = stream('reads');
  const { position } = await client.appendToStream(a, events(70));
  const read = (options: Parameters<EventStoreDBClient['readStream']>[1]) => () =>
    revisions(client.readStream(a, options));
  await step('a stream, whole', read({}));
  await step('a stream, some', read({ maxCount: 3, fromRevision: 40n }));
  await step('a stream from its end', read({ fromRevision: END }));
  await step('a stream beyond its end', read({ fromRevision: 100n }));
  await step('a stream backwards', read({ direction: BACKWARDS, fromRevision: END, maxCount: 5 }));
  await step('a stream backwards from its start', read({ direction: BACKWARDS, fromRevision: START }));
  await step('a stream backwards from a revision', read({ direction: BACKWARDS, fromRevision: 40n, maxCount: 35 }));
  await step('a stream backwards from beyond', read({ direction: BACKWARDS, fromRevision: 100n, maxCount: 3 }));
  await step('a stream backwards, whole', read({ direction: BACKWARDS, fromRevision: END }));
  await step('no events of a stream', read({ maxCount: 0 }));
  await step('no stream', () => revisions(client.readStream(stream('none'))));
  await step('no stream backwards', () =>
    revisions(client.readStream(stream('none'), { direction: BACKWARDS, fromRevision: END })),
  );
  await step('a stream without a name', () => revisions(client.readStream('')));
  const own = async (options: Parameters<EventStoreDBClient['readAll']>[0]): Promise<unknown> => {
    const found = await gather(client.readAll(options));
    return found.filter(({ event: it }) => it?.streamId.startsWith(prefix)).map(brief);
  };
  const last = position!;
  await step('$all from the position of an event', () => own({ fromPosition: last, maxCount: 1 }));
  await step('$all backwards from the position of an event', () =>
    own({ direction: BACKWARDS, fromPosition: last, maxCount: 2 }),
  );
  await step('$all backwards from its end', () => own({ direction: BACKWARDS, fromPosition: END, maxCount: 2 }));
  await step('$all forwards from its end', () => own({ direction: FORWARDS, fromPosition: END, maxCount: 2 }));
  await step('$all backwards from its start', () => own({ direction: BACKWARDS, fromPosition: START, maxCount: 2 }));
  await step('$all beyond its end', () =>
    own({ fromPosition: { commit: last.commit + 1_000_000n, prepare: last.prepare + 1_000_000n } }),
  );
  await step('$all, all of it', async () => {
    const found = await gather(client.readAll());
    return found.filter(({ event: it }) => it?.streamId === a).length;
  });
}

export async function links({ client, stream, step }: Run): Promise<void> {
  const [a, b] = [stream('linked'), stream('links')];
  await client.appendToStream(a, events(2));
  await client.appendToStream(
    b,
    [`1@${a}`, `7@${a}`, `0@${stream('none')}`, 'nonsense'].map((target) =>
      binaryEvent({ type: '$>', data: Buffer.from(target) }),
    ),
  );
  await step('links as they are', () => collect(client.readStream(b)));
  await step('links followed', () => collect(client.readStream(b, { resolveLinkTos: true })));
}
