import { randomUUID } from 'node:crypto';
import { binaryEvent, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import { batchAppend } from '../../src/event-store/eventstoredb/proto/protocol.ts';
import type { BatchAppendReq, BatchAppendResp, Outgoing } from '../../src/event-store/eventstoredb/proto/protocol.ts';
import { newStream } from '../support/appending.ts';
import { sharedStandIn, standInUser } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

function open(url: string) {
  const connection = connect(url);
  onTestFinished(() => connection.close());
  return connection;
}

/** The answer to one request on a stream of appends of its own. */
async function answerTo(url: string, request: Outgoing<BatchAppendReq>): Promise<BatchAppendResp> {
  const { path, requestSerialize, responseDeserialize } = batchAppend;
  const call = await open(url).openStream('batchAppend', (grpc, metadata, options) =>
    grpc.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options),
  );
  return new Promise((resolve, reject) => {
    call.on('data', resolve).on('error', reject);
    call.write(request);
  });
}

function append(correlationId: object, expected: object): Outgoing<BatchAppendReq> {
  const metadata = { type: 'Tested', 'content-type': 'application/json' };
  return {
    correlationId,
    options: { streamIdentifier: { streamName: Buffer.from(newStream()) }, ...expected },
    proposedMessages: [{ id: { string: randomUUID() }, metadata, data: Buffer.from('{}') }],
    isFinal: true,
  };
}

function describeAnswers(name: string, url: () => string): void {
  describe(name, () => {
    test('an append is answered under its correlation as it came', async () => {
      const structured = { mostSignificantBits: '4242', leastSignificantBits: '-17' };
      const answer = await answerTo(url(), append({ structured }, { any: {} }));
      expect(answer.success).not.toBeNull();
      expect(String(answer.correlationId?.structured?.mostSignificantBits)).toBe('4242');
      expect(String(answer.correlationId?.structured?.leastSignificantBits)).toBe('-17');
      const string = randomUUID();
      expect((await answerTo(url(), append({ string }, { any: {} }))).correlationId).toMatchObject({ string });
    });

    test('the highest revision of all expects that there is no stream', async () => {
      const highest = { streamPosition: '18446744073709551615' };
      const answer = await answerTo(url(), append({ string: randomUUID() }, highest));
      expect(String(answer.success?.currentRevision)).toBe('0');
    });

    test('a link into a deleted stream, or to what is cut off, leads nowhere', async () => {
      const { client } = open(url());
      const [deleted, cut, links] = [newStream(), newStream(), newStream()];
      const two = () => [jsonEvent({ type: 'Tested', data: {} }), jsonEvent({ type: 'Tested', data: {} })];
      await client.appendToStream(deleted, two());
      await client.appendToStream(cut, two());
      await client.deleteStream(deleted);
      await client.setStreamMetadata(cut, { truncateBefore: 1 });
      const targets = [`0@${deleted}`, `1@${deleted}`, `0@${cut}`, `1@${cut}`];
      await client.appendToStream(
        links,
        targets.map((target) => binaryEvent({ type: '$>', data: Buffer.from(target) })),
      );
      const found: boolean[] = [];
      for await (const { event } of client.readStream(links, { resolveLinkTos: true })) found.push(event !== undefined);
      expect(found).toEqual([false, false, false, true]);
    });
  });
}

const standIn = sharedStandIn();
describeAnswers('the stand-in', () => standIn().url);

const real = process.env['EVENTSTORE_URL'];
if (real === undefined) test.skip('answers of a real EventStoreDB (EVENTSTORE_URL is not set)');
else describeAnswers('EventStoreDB at EVENTSTORE_URL', () => real);

const secured = sharedStandIn({ secured: true });

test('a group names the user of each of its connections', async () => {
  const { client } = open(secured().url);
  const [stream, group] = [newStream(), 'group'];
  await client.createPersistentSubscriptionToStream(
    stream,
    group,
    persistentSubscriptionToStreamSettingsFromDefaults(),
  );
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group);
  subscription.on('error', () => undefined);
  onTestFinished(() => subscription.unsubscribe());
  const users = async () =>
    (await client.getPersistentSubscriptionToStreamInfo(stream, group)).connections.map(({ username }) => username);
  await until(async () => (await users()).length === 1, 'it is connected');
  expect(await users()).toEqual([standInUser.name]);
});
