import { describe, expect, it } from 'vitest';
import type { MessageDocument } from '../../src/read-model/documents.ts';
import type { CommandDeps } from '../../src/commands/create-commands.ts';
import { commandsOver, openStore, readModelOf, register, send, wholeLog } from './support.ts';

const conflict = { code: 'IDEMPOTENCY_CONFLICT', temporary: false };

/** A read model that shows other texts than were sent, as where messages were recalled or edited. */
function showing(model: CommandDeps['readModel'], msg: string): CommandDeps['readModel'] {
  const changed = (found: MessageDocument | undefined) => (found === undefined ? undefined : { ...found, msg });
  return {
    ...model,
    message: async (id) => changed(await model.message(id)),
    messageByClientId: async (sender, clientId) => changed(await model.messageByClientId(sender, clientId)),
  };
}

describe('a message that is sent again', () => {
  it.each([
    ['recalled', ''],
    ['edited', 'edited'],
  ])('is a duplicate by the text that was sent, though it was %s since', async (_, text) => {
    const store = await openStore();
    const before = await commandsOver(store);
    await register(before, 'a', 'b');
    const first = await before.sendMessage(send('a', 'b', 'id-1', 'true text'));
    for (let index = 0; index < 100; index += 1) await before.sendMessage(send('b', 'a', `filler-${index}`));
    const after = await commandsOver(store, {}, { readModel: showing(readModelOf(store), text) });
    expect(await after.sendMessage(send('a', 'b', 'id-1', 'true text'))).toEqual({ ...first, duplicate: true });
    for (const other of ['another text', text]) {
      await expect(after.sendMessage(send('a', 'b', 'id-1', other))).rejects.toMatchObject(conflict);
    }
  });

  it('is a duplicate by the read model alone where the log was cut', async () => {
    const store = await openStore();
    const before = await commandsOver(store);
    await register(before, 'a', 'b');
    const first = await before.sendMessage(send('a', 'b', 'id-1'));
    for (let index = 0; index < 100; index += 1) await before.sendMessage(send('b', 'a', `filler-${index}`));
    const cut: typeof store = {
      ...store,
      readStream: async (stream, options) =>
        (await store.readStream(stream, options)).filter((event) => stream.startsWith('user-') || event.revision > 0),
    };
    const after = await commandsOver(cut, {}, { readModel: readModelOf(store) });
    expect(await after.sendMessage(send('a', 'b', 'id-1'))).toEqual({ ...first, duplicate: true });
    await expect(after.sendMessage(send('a', 'b', 'id-1', 'another'))).rejects.toMatchObject(conflict);
  });

  it('to somebody else at the same moment gets the id in one of the two conversations only', async () => {
    const store = await openStore();
    const commands = await commandsOver(store);
    await register(commands, 'a', 'b', 'c', 'd');
    for (const id of ['x', 'y', 'z']) {
      const settled = await Promise.allSettled(
        ['b', 'c', 'd'].map((to) => commands.sendMessage(send('a', to, id, 'the same'))),
      );
      expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
      for (const each of settled) if (each.status === 'rejected') expect(each.reason).toMatchObject(conflict);
    }
    expect((await wholeLog(store)).filter(({ type }) => type === 'MessageSent')).toHaveLength(3);
  });
});

describe('a process whose knowledge is old', () => {
  const into = (user: string, id: string) => {
    return { user, conversation: 'dm~a~b', id, msg: 'm', correlationId: 'test' };
  };

  it('refuses no send into a conversation that another one has begun since', async () => {
    const store = await openStore();
    const [one, other] = [await commandsOver(store), await commandsOver(store)];
    await register(one, 'a', 'b');
    await expect(one.sendMessage(into('a', '1'))).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    await other.sendMessage(send('b', 'a', '1'));
    await expect(one.sendMessage(into('a', '1'))).resolves.toMatchObject({ seq: 2, duplicate: false });
  });

  it('answers for an id that another one used since, though it was looked up before', async () => {
    const store = await openStore();
    const [one, other] = [await commandsOver(store), await commandsOver(store)];
    await register(one, 'a', 'b');
    await one.sendMessage(send('a', 'b', 'first'));
    await other.sendMessage(send('b', 'a', 'second'));
    const firsts = await Promise.all(
      Array.from({ length: 40 }, (_, index) => other.sendMessage(send('a', 'b', `id-${index}`))),
    );
    const again = await Promise.all(
      Array.from({ length: 40 }, (_, index) => one.sendMessage(send('a', 'b', `id-${index}`))),
    );
    expect(again.map(({ seq }) => seq)).toEqual(firsts.map(({ seq }) => seq));
    expect(again.every(({ duplicate }) => duplicate)).toBe(true);
  });
});
