import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { conversationStream, directConversationId } from '../../src/domain/conversation/conversation-id.ts';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { openStore } from '../support/appending.ts';
import { sharedStandIn } from '../support/stand-in.ts';
import { commandsOver, openStore as openEmbedded, readModelOf, register, send, wholeLog } from './support.ts';

const standIn = sharedStandIn();
const refusal = { code: 'CONVERSATION_DAMAGED', temporary: false };

/** A conversation with messages in it, and a client of the server that the log is in. */
async function talk(messages = 5) {
  const { url } = standIn();
  const { client, close } = connect(url);
  onTestFinished(() => close());
  const { store } = await openStore(url);
  const [a, b] = [`a${randomUUID()}`, `b${randomUUID()}`];
  const stream = conversationStream(directConversationId(a, b));
  const readModel = readModelOf(store);
  const gateway = () => commandsOver(store, {}, { readModel });
  const commands = await gateway();
  await register(commands, a, b);
  for (let seq = 1; seq <= messages; seq += 1) await commands.sendMessage(send(a, b, `m${seq}`));
  return { client, store, a, b, stream, readModel, gateway, commands };
}

const seqsIn = async (store: EventStore, stream: string): Promise<unknown[]> => {
  const events = (await wholeLog(store)).filter((event) => event.stream === stream && event.type === 'MessageSent');
  return events.map(({ data }) => (data as { seq: number }).seq);
};

async function unknownKinds(store: EventStore, stream: string, after: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    return { id: randomUUID(), type: 'FromElsewhere', data: {}, metadata: { schemaVersion: 1 } };
  });
  await store.appendToStream(stream, events, after);
}

describe('a conversation whose stream was cut', () => {
  test('is not begun anew where all of it was deleted: no seq is given twice', async () => {
    const { client, store, a, b, stream, readModel, gateway } = await talk();
    await readModel.checkpoint();
    await client.deleteStream(stream);
    for (const commands of [await gateway(), await gateway()]) {
      await expect(commands.sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
      await expect(commands.sendMessage(send(b, a, 'back'))).rejects.toMatchObject(refusal);
    }
    expect(await seqsIn(store, stream)).toEqual([1, 2, 3, 4, 5]);
  });

  test('goes on at its seq in a gateway that knew it before', async () => {
    const { client, a, b, stream, commands } = await talk();
    await client.deleteStream(stream);
    expect(await commands.sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 6, revision: 5 });
    expect(await commands.sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 6, duplicate: true });
  });

  test('is damaged where it was deleted before the read model knew it, and what was written is not acked', async () => {
    const { client, store, a, b, stream, gateway } = await talk();
    await client.deleteStream(stream);
    const blind = { ...readModelOf(store), conversation: () => Promise.resolve(undefined) };
    const commands = await commandsOver(store, {}, { readModel: blind });
    await expect(commands.sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
    await expect((await gateway()).sendMessage(send(a, b, 'again'))).rejects.toMatchObject(refusal);
  });

  test('was deleted for good: that is told, once and for all', async () => {
    const { client, a, b, stream, commands, gateway } = await talk();
    await client.tombstoneStream(stream);
    for (const each of [commands, await gateway()]) {
      await expect(each.sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
    }
  });

  test.each([
    ['the first events', { truncateBefore: 3 }],
    ['all but the last three', { maxCount: 3 }],
    ['all but the last', { truncateBefore: 4 }],
  ])('goes on behind what is left, where %s are hidden', async (_what, metadata) => {
    const { client, a, b, stream, gateway } = await talk();
    await client.setStreamMetadata(stream, metadata);
    const commands = await gateway();
    expect(await commands.sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 6, revision: 5 });
    const conversation = directConversationId(a, b);
    expect(await commands.markRead({ user: b, conversation, seq: 2, correlationId: 'test' })).toMatchObject({ seq: 2 });
    expect(await commands.sendMessage(send(a, b, 'm1'))).toMatchObject({ seq: 1, duplicate: true });
  });

  test('goes on where the read model is behind, too: what is hidden is not looked for for ever', async () => {
    const { client, store, a, b, stream, readModel } = await talk();
    await client.setStreamMetadata(stream, { maxCount: 3 });
    const behind = {
      ...readModel,
      checkpoint: () => Promise.resolve(0),
      greatestClientId: () => Promise.resolve('m5'),
    };
    const commands = await commandsOver(store, {}, { readModel: behind, startPosition: 0, soleWriter: true });
    const conversation = directConversationId(a, b);
    expect(await commands.markRead({ user: b, conversation, seq: 5, correlationId: 'test' })).toMatchObject({ seq: 5 });
  });

  test('is damaged where its metadata hides everything', async () => {
    const { client, store, a, b, stream, gateway, readModel } = await talk();
    await client.setStreamMetadata(stream, { truncateBefore: 5 });
    await expect((await gateway()).sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
    const blind = { ...readModel, conversation: () => Promise.resolve(undefined) };
    const commands = await commandsOver(store, {}, { readModel: blind });
    await expect(commands.sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
    expect(await seqsIn(store, stream)).toEqual([1, 2, 3, 4, 5]);
  });

  test('goes on where a gateway that was left behind finds what came in between hidden', async () => {
    const { client, a, b, stream, commands, gateway } = await talk(1);
    const other = await gateway();
    for (let seq = 2; seq <= 6; seq += 1) await other.sendMessage(send(b, a, `o${seq}`));
    await client.setStreamMetadata(stream, { truncateBefore: 4 });
    expect(await commands.sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 7, revision: 6 });
  });
});

describe.each([
  ['an embedded log', () => openEmbedded()],
  ['a server', async () => (await openStore(standIn().url)).store],
])('in %s', (_where, open) => {
  test('more events of unknown kinds than a head reads do not begin the seqs anew', async () => {
    const store = await open();
    const readModel = readModelOf(store);
    const [a, b] = [`a${randomUUID()}`, `b${randomUUID()}`];
    const commands = await commandsOver(store, {}, { readModel });
    await register(commands, a, b);
    for (let seq = 1; seq <= 3; seq += 1) await commands.sendMessage(send(a, b, `m${seq}`));
    const stream = conversationStream(directConversationId(a, b));
    await unknownKinds(store, stream, 2, 70);
    const fresh = await commandsOver(store, {}, { readModel });
    expect(await fresh.sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 4, revision: 73 });
    expect(await seqsIn(store, stream)).toEqual([1, 2, 3, 4]);
  });
});
