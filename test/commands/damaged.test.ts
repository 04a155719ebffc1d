import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { passOver } from '../../src/cli/pass-over.ts';
import { conversationStream, directConversationId } from '../../src/domain/conversation/conversation-id.ts';
import { userStream } from '../../src/domain/user/user.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { openStore } from '../support/appending.ts';
import { sharedStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';
import { commandsOver, openStore as openEmbedded, readModelOf, register, send } from './support.ts';

const standIn = sharedStandIn();
const refusal = { code: 'CONVERSATION_DAMAGED', temporary: false };
const decision = { reason: 'a test', date: 1 };

async function damage(store: EventStore, stream: string, after: number, event: object = {}): Promise<void> {
  const metadata = { schemaVersion: 1, lastSeq: after + 2 };
  const bad = { id: randomUUID(), type: 'MessageSent', data: { seq: 'seven' }, metadata, ...event };
  await store.appendToStream(stream, [bad], after);
}

describe.each([
  ['an embedded log', () => openEmbedded()],
  ['a server', async () => (await openStore(standIn().url)).store],
])('in %s, an event that cannot be read', (_where, open) => {
  async function talk() {
    const store = await open();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => id + randomUUID()) as [string, string, string];
    const readModel = readModelOf(store);
    const gateway = () => commandsOver(store, {}, { readModel });
    const commands = await gateway();
    await register(commands, a, b, c);
    for (let seq = 1; seq <= 3; seq += 1) await commands.sendMessage(send(a, b, `m${seq}`));
    return { store, a, b, c, readModel, commands, gateway, stream: conversationStream(directConversationId(a, b)) };
  }

  test.each([
    ['of no known shape', {}],
    ['of a newer version', { metadata: { schemaVersion: 99, lastSeq: 4 } }],
  ])('%s stops its own conversation, until it is passed over', async (_what, event) => {
    const { store, a, b, c, readModel, commands, gateway, stream } = await talk();
    await damage(store, stream, 2, event);
    for (const each of [commands, await gateway()]) {
      await expect(each.sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
      expect(await each.sendMessage(send(a, c, 'other'))).toMatchObject({ seq: 1 });
    }
    expect(await readModel.damages(9)).toMatchObject([{ _id: stream, revision: 3 }]);

    await expect(passOver(store, { ...decision, stream, revision: 2 })).rejects.toThrow(OperatorError);
    await expect(passOver(store, { ...decision, stream, revision: 9 })).rejects.toThrow(OperatorError);
    await passOver(store, { ...decision, stream, revision: 3 });
    await expect(passOver(store, { ...decision, stream, revision: 3 })).rejects.toThrow('already');
    expect(await commands.sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 5, revision: 5 });
    expect(await (await gateway()).sendMessage(send(b, a, 'back'))).toMatchObject({ seq: 6, revision: 6 });
    expect(await readModel.damages(9)).toEqual([]);
    const conversation = directConversationId(a, b);
    const seqs = (await readModel.messages({ conversation, limit: 9 })).map(({ seq }) => seq);
    expect(seqs).toEqual([6, 5, 3, 2, 1]);
  });

  test('is not forgotten where it is far back', async () => {
    const { store, a, b, gateway, stream } = await talk();
    await damage(store, stream, 2);
    const unknown = Array.from({ length: 70 }, () => {
      return { id: randomUUID(), type: 'FromElsewhere', data: {}, metadata: { schemaVersion: 1 } };
    });
    await store.appendToStream(stream, unknown, 3);
    await expect((await gateway()).sendMessage(send(a, b, 'next'))).rejects.toMatchObject(refusal);
    await passOver(store, { ...decision, stream, revision: 3 });
    expect(await (await gateway()).sendMessage(send(a, b, 'next'))).toMatchObject({ seq: 5, revision: 75 });
    expect(await (await gateway()).sendMessage(send(a, b, 'm1'))).toMatchObject({ seq: 1, duplicate: true });
  });

  test('of a user stops that user, and others are still followed', async () => {
    const { store, a, b, c, commands } = await talk();
    const told: string[] = [];
    commands.onUserEvent(({ data }) => told.push(data.id));
    const event = { type: 'UserChanged', data: { id: a }, metadata: { schemaVersion: 1 } };
    await damage(store, userStream(a), 0, event);
    const other = await commandsOver(store);
    await other.setBlock(b, c, true);
    await until(() => told.includes(b), 'the other user is followed');
    await expect(commands.sendMessage(send(a, c, 'x'))).rejects.toMatchObject(refusal);
    expect(await commands.sendMessage(send(c, c, 'y'))).toMatchObject({ seq: 1 });
    await passOver(store, { ...decision, stream: userStream(a), revision: 1 });
    expect(await (await commandsOver(store)).sendMessage(send(a, c, 'x'))).toMatchObject({ seq: 1 });
  });
});
