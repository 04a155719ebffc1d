import { END, eventTypeFilter, excludeSystemEvents, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamSubscription, Position, ResolvedEvent, StreamSubscription } from '@eventstore/db-client';
import { until } from '../until.ts';
import { brief, errorFields, gather, json } from './answers.ts';
import { event, events } from './run.ts';
import type { Run } from './run.ts';

/** Notes what a subscription tells, in order. */
function listen(
  subscription: AllStreamSubscription | StreamSubscription,
  wanted: (it: ResolvedEvent) => boolean,
): unknown[] {
  const told: unknown[] = [];
  subscription
    .on('confirmation', () => told.push('confirmation'))
    .on('caughtUp', () => told.push('caughtUp'))
    .on('error', (error) => told.push(errorFields(error)))
    .on('end', () => told.push('end'))
    .on('data', (resolved: ResolvedEvent) => {
      if (wanted(resolved)) told.push(brief(resolved));
    });
  return told;
}

export async function subscriptions({ client, stream, prefix, step }: Run): Promise<void> {
  const a = stream('subscribed');
  const mine = ({ event: it }: ResolvedEvent): boolean => it?.streamId.startsWith(`${prefix}subscribed`) === true;
  await client.appendToStream(a, events(3));

  async function follow(
    open: () => AllStreamSubscription | StreamSubscription,
    count: number,
    meanwhile: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<unknown> {
    const subscription = open();
    const told = listen(subscription, mine);
    const enough = (): boolean =>
      told.includes('caughtUp') || told.some((it) => typeof it === 'object' && it !== null && 'error' in it);
    await until(enough, 'a subscription is caught up');
    await meanwhile();
    await until(() => told.length >= count, `a subscription told ${count} things: ${JSON.stringify(told, json)}`);
    await subscription.unsubscribe();
    return told;
  }

  const append = () => client.appendToStream(a, events(2));
  await step('subscription to a stream', () => follow(() => client.subscribeToStream(a), 7, append));
  await step('subscription to a stream from a revision', () =>
    follow(() => client.subscribeToStream(a, { fromRevision: 2n }), 4),
  );
  await step('subscription to a stream from its end', () =>
    follow(() => client.subscribeToStream(a, { fromRevision: END }), 4, append),
  );
  await step('subscription to a stream from beyond its end', () =>
    follow(() => client.subscribeToStream(a, { fromRevision: 7n }), 3, append),
  );
  const b = stream('subscribed-2');
  await step('subscription to no stream', () =>
    follow(
      () => client.subscribeToStream(b),
      4,
      () => client.appendToStream(b, events(2)),
    ),
  );
  await client.setStreamMetadata(b, { maxCount: 1 });
  await step('subscription to a stream with maxCount', () =>
    follow(
      () => client.subscribeToStream(b),
      6,
      () => client.appendToStream(b, events(3)),
    ),
  );
  await step('subscription to a stream that is tombstoned', () =>
    follow(
      () => client.subscribeToStream(b),
      5,
      () => client.tombstoneStream(b),
    ),
  );
  await step('subscription to a tombstoned stream', async () => {
    const subscription = client.subscribeToStream(b);
    const told = listen(subscription, mine);
    await until(() => told.length >= 1, 'a tombstoned stream is told');
    return told;
  });
  const c = stream('subscribed-3');
  await client.appendToStream(c, events(1));
  await client.deleteStream(c);
  await step('subscription to a deleted stream', () =>
    follow(
      () => client.subscribeToStream(c),
      3,
      () => client.appendToStream(c, event()),
    ),
  );

  const whole = await gather(client.readStream(a));
  const position = whole[0]!.event!.position!;
  const filter = streamNameFilter({ prefixes: [a] });
  await step('subscription to $all', () => follow(() => client.subscribeToAll({ fromPosition: position }), 20, append));
  await step('subscription to $all from its end', () =>
    follow(() => client.subscribeToAll({ fromPosition: END }), 4, append),
  );
  await step('subscription with a prefix filter', () =>
    follow(() => client.subscribeToAll({ fromPosition: position, filter }), 24, append),
  );
  await step('subscription with a regex filter of types', () =>
    follow(
      () => client.subscribeToAll({ fromPosition: END, filter: eventTypeFilter({ regex: '^Oth' }) }),
      3,
      () => client.appendToStream(a, [event('Tested'), event('Other')]),
    ),
  );
  await step('subscription without system events', () =>
    follow(
      () => client.subscribeToAll({ fromPosition: END, filter: excludeSystemEvents() }),
      3,
      async () => {
        await client.appendToStream(a, [event('$Hidden'), event('Shown')]);
      },
    ),
  );

  async function checkpoints(fromPosition: Position | typeof END, maxSearchWindow: number, checkpointInterval: number) {
    const told: unknown[] = [];
    const checkpointReached = (_: unknown, at: Position): void => void told.push({ checkpoint: at });
    const subscription = client.subscribeToAll({
      fromPosition,
      filter: streamNameFilter({ prefixes: [a], maxSearchWindow, checkpointInterval, checkpointReached }),
    });
    subscription.on('caughtUp', () => told.push('caughtUp'));
    subscription.on('data', (resolved: ResolvedEvent) => told.push({ event: resolved.event!.position! }));
    await until(() => told.includes('caughtUp'), 'caught up');
    for (let count = 0; count < 12; count += 1) {
      await client.appendToStream(count % 3 === 0 ? a : stream('unwanted'), event());
    }
    const last = await client.appendToStream(a, event());
    await until(
      () => told.some((it) => JSON.stringify(it, json) === JSON.stringify({ event: last.position }, json)),
      'the last',
    );
    await subscription.unsubscribe();
    return told;
  }
  const noise = await client.appendToStream(stream('noise'), events(100));
  await step('checkpoints while live', () => checkpoints(END, 2, 2));
  await step('checkpoints from an event on', () => checkpoints(noise.position!, 5, 1));
  await step('checkpoints over a long stretch', async () => {
    const told = (await checkpoints(position, 32, 1)) as { checkpoint?: unknown }[];
    return told.filter(({ checkpoint }) => checkpoint !== undefined).length > 2;
  });
}
