import { binaryEvent, jsonEvent } from '@eventstore/db-client';
import type { AppendToStreamOptions, EventData } from '@eventstore/db-client';
import { collect, revisions } from './answers.ts';
import { event, events } from './run.ts';
import type { Run, TestedEvent } from './run.ts';

export async function appends({ client, stream, step }: Run): Promise<void> {
  const a = stream('appends');
  const append = (what: TestedEvent[], options: AppendToStreamOptions) => () => client.appendToStream(a, what, options);
  // EventStoreDB writes an empty record, so its position is a new one.
  const appendNothing =
    (options: AppendToStreamOptions, to = a) =>
    async () => {
      const { position, ...rest } = await client.appendToStream(to, [], options);
      return { ...rest, position: typeof position };
    };
  await step('append at no_stream', append(events(2), { expectedRevision: 'no_stream' }));
  await step('append at its revision', append(events(3), { expectedRevision: 1n }));
  await step('append at any', append(events(1), { expectedRevision: 'any' }));
  await step('append at stream_exists', append(events(1), { expectedRevision: 'stream_exists' }));
  await step('append of nothing at any', appendNothing({ expectedRevision: 'any' }));
  await step('append of nothing at the revision', appendNothing({ expectedRevision: 6n }));
  await step('append of nothing at a lower revision', appendNothing({ expectedRevision: 2n }));
  await step('append of nothing at no_stream', appendNothing({ expectedRevision: 'no_stream' }));
  await step('append at a lower revision', append(events(1), { expectedRevision: 3n }));
  await step('append at a higher revision', append(events(1), { expectedRevision: 30n }));
  await step('append at no_stream, where there is one', append(events(1), { expectedRevision: 'no_stream' }));
  await step('append at stream_exists, where there is none', () =>
    client.appendToStream(stream('none'), event(), { expectedRevision: 'stream_exists' }),
  );
  await step('append at a revision, where there is none', () =>
    client.appendToStream(stream('none'), event(), { expectedRevision: 4n }),
  );
  await step('append of nothing to nothing', appendNothing({ expectedRevision: 'any' }, stream('none')));
  await step(
    'append of nothing to nothing at no_stream',
    appendNothing({ expectedRevision: 'no_stream' }, stream('none')),
  );
  await step('append of 1.1 MiB', () =>
    client.appendToStream(stream('large'), jsonEvent({ type: 'Large', data: 'x'.repeat(1.1 * 1024 * 1024) })),
  );
  await step('append of many that are 1.1 MiB together', () =>
    client.appendToStream(
      stream('large'),
      Array.from({ length: 11 }, () => jsonEvent({ type: 'Large', data: 'x'.repeat(104_858) })),
    ),
  );
  await step('append whose deadline is over', () => client.appendToStream(stream('late'), event(), { deadline: 0 }));
  await step('appends interleaved', () =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        client.appendToStream(stream(`many-${index % 4}`), events(2), { expectedRevision: 'any' }),
      ),
    ).then((results) => results.map(({ nextExpectedRevision }) => nextExpectedRevision).sort()),
  );
  // Credentials of a call make the client use the append that is one call.
  const single = { credentials: { username: 'admin', password: 'changeit' } };
  const b = stream('single');
  await step('single append at no_stream', () =>
    client.appendToStream(b, events(2), { ...single, expectedRevision: 'no_stream' }),
  );
  await step('single append at any', () => client.appendToStream(b, events(1), { ...single, expectedRevision: 'any' }));
  await step('single append at a wrong revision', () =>
    client.appendToStream(b, events(1), { ...single, expectedRevision: 0n }),
  );
  await step('single append at stream_exists, where there is none', () =>
    client.appendToStream(stream('none'), event(), { ...single, expectedRevision: 'stream_exists' }),
  );
  await step('single append of nothing', appendNothing(single, b));
  await step('single append of 1.1 MiB', () =>
    client.appendToStream(b, jsonEvent({ type: 'Large', data: 'x'.repeat(1.1 * 1024 * 1024) }), single),
  );
}

export async function idempotence({ client, stream, step }: Run): Promise<void> {
  const a = stream('idempotence');
  const [first, second] = [events(2), events(2)];
  const append = (what: readonly EventData[], expectedRevision: AppendToStreamOptions['expectedRevision'], to = a) =>
    client.appendToStream(to, [...what], { expectedRevision: expectedRevision! });
  await step('the first append', () => append(first, 'no_stream'));
  await step('the first append again', () => append(first, 'no_stream'));
  await step('the second append', () => append(second, 1n));
  await step('the second append again', () => append(second, 1n));
  await step('the first append again, later', () => append(first, 'no_stream'));
  await step('known events at any', () => append(first, 'any'));
  await step('known events at stream_exists', () => append(second, 'stream_exists'));
  await step('known events in another order at any', () => append([first[1]!, first[0]!], 'any'));
  await step('some known, some new, at any', () => append([first[0]!, event()], 'any'));
  await step('some new, some known, at any', () => append([event(), first[0]!], 'any'));
  await step('half of the append again', () => append([first[0]!], 'no_stream'));
  await step('the append and one more again', () => append([...first, event()], 'no_stream'));
  await step('half old, half new', () => append([first[0]!, event()], 'no_stream'));
  await step('both appends as one', () => append([...first, ...second], 'no_stream'));
  await step('known events at the newest revision', () => append(first, 5n));
  await step('known events at any in another stream', () => append(first, 'any', stream('idempotence-2')));
  await step('and again there', () => append(first, 'any', stream('idempotence-2')));
  await step('what is there in the end', () => revisions(client.readStream(a)));
}

export async function bytes({ client, stream, step }: Run): Promise<void> {
  const all = [
    binaryEvent({ type: 'Binary', data: Uint8Array.of(0, 1, 254, 255), metadata: Uint8Array.of(255, 0) }),
    binaryEvent({ type: 'Binary', data: Buffer.from('{"json":true}'), metadata: { schemaVersion: 1 } }),
    binaryEvent({ type: 'Empty', data: Uint8Array.of() }),
    jsonEvent({ type: 'Text', data: '你好 🌊 \u0000 \\ "' }),
    jsonEvent({ type: 'Null', data: null as never, metadata: { $wire: { json: false, metadata: '' } } }),
    jsonEvent({ type: 'Number', data: -0.5e-7 as never, metadata: Uint8Array.of(91, 32, 93) }),
    jsonEvent({ type: 'List', data: [1, [2, { 3: 4, a: undefined }]] as never, metadata: ['m'] as never }),
    jsonEvent({ type: 'Typ e/é', data: { __proto__: 1, 2: 'b', 1: 'a' } as never }),
  ];
  for (const name of ['bytes', 'bytes é 🌊', 'bytes%2F/ \t"', '$bytes']) {
    const target = stream(name);
    await step(`append to ${JSON.stringify(name)}`, () => client.appendToStream(target, all));
    await step(`read of ${JSON.stringify(name)}`, () => collect(client.readStream(target)));
  }
}
