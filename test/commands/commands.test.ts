import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { commandsOver, openStore, readModelOf, register, send, wholeLog } from './support.ts';

const dm = 'dm~a~b';

function read(user: string, seq: number, conversation = dm) {
  return { user, conversation, seq, correlationId: 'test' };
}

describe('sending', () => {
  it('gives seqs without gaps, in the order of the calls', async () => {
    const commands = await commandsOver(await openStore());
    await register(commands, 'a', 'b');
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        commands.sendMessage(send(index % 2 ? 'a' : 'b', index % 2 ? 'b' : 'a', `c${index}`)),
      ),
    );
    expect(outcomes.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(outcomes.map(({ revision }) => revision)).toEqual(outcomes.map(({ seq }) => seq - 1));
    expect(outcomes.every(({ duplicate, conversation }) => !duplicate && conversation === dm)).toBe(true);
  });

  it('keeps the answer to an id for ever, whatever came in between and whoever asks', async () => {
    const store = await openStore();
    const commands = await commandsOver(store);
    await register(commands, 'a', 'b', 'c');
    const ids = ['zzz', '0', randomUUID(), '01890000-0000-7000-8000-000000000000', 'plain'];
    const first = await Promise.all(ids.map((id) => commands.sendMessage(send('a', 'b', id))));
    for (let index = 0; index < 150; index += 1) await commands.sendMessage(send('a', 'c', `filler-${index}`));
    for (let index = 0; index < 150; index += 1) await commands.sendMessage(send('b', 'a', `filler-${index}`));
    for (const asked of [commands, await commandsOver(store)]) {
      const again = await Promise.all(ids.map((id) => asked.sendMessage(send('a', 'b', id))));
      // The position covers the message; that of an append of several is the last one's.
      expect(again).toEqual(
        first.map((outcome) => ({ ...outcome, duplicate: true, position: expect.any(Number) as number })),
      );
      again.forEach(({ position }, index) => expect(position).toBeLessThanOrEqual(first[index]!.position));
    }
  });

  it('takes the same id twice in one turn for one message', async () => {
    const commands = await commandsOver(await openStore());
    await register(commands, 'a', 'b');
    const [one, other] = await Promise.all([
      commands.sendMessage(send('a', 'b', 'x')),
      commands.sendMessage(send('a', 'b', 'x')),
    ]);
    expect(other).toEqual({ ...one, duplicate: true });
  });

  it('refuses an id that was used with another text, addressee or conversation, also at the same moment', async () => {
    const commands = await commandsOver(await openStore());
    await register(commands, 'a', 'b', 'c');
    const settled = await Promise.allSettled([
      commands.sendMessage(send('a', 'b', 'x', 'one')),
      commands.sendMessage(send('a', 'b', 'x', 'two')),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    const conflict = { code: 'IDEMPOTENCY_CONFLICT', temporary: false };
    await expect(commands.sendMessage(send('a', 'b', 'x', 'two'))).rejects.toMatchObject(conflict);
    await expect(commands.sendMessage(send('a', 'c', 'x', 'one'))).rejects.toMatchObject(conflict);
    await expect(commands.sendMessage(send('b', 'a', 'x', 'mine'))).resolves.toMatchObject({
      seq: 2,
      duplicate: false,
    });
  });

  it('knows an id that was used through another gateway after this one had met its sender', async () => {
    const store = await openStore();
    const here = await commandsOver(store);
    const elsewhere = await commandsOver(store);
    await register(here, 'a', 'b', 'c');
    await here.sendMessage(send('a', 'c', 'id-000'));
    const sent: Awaited<ReturnType<typeof elsewhere.sendMessage>>[] = [];
    for (let index = 1; index <= 100; index += 1) {
      sent.push(await elsewhere.sendMessage(send('a', 'b', `id-${String(index).padStart(3, '0')}`)));
    }
    expect(await here.sendMessage(send('a', 'b', 'id-001'))).toEqual({ ...sent[0], duplicate: true });
    expect(await here.sendMessage(send('a', 'b', 'id-101'))).toMatchObject({ seq: 101, duplicate: false });
  });

  it('costs a sender of growing ids no look-up', async () => {
    const store = await openStore();
    const model = readModelOf(store);
    const commands = await commandsOver(store, {}, { readModel: model });
    await register(commands, 'a', 'b');
    for (let index = 0; index < 100; index += 1) {
      await commands.sendMessage(send('a', 'b', `id-${String(index).padStart(5, '0')}`));
    }
    expect(model.lookUps).toBe(0);
    await commands.sendMessage(send('a', 'b', 'a-smaller-id'));
    expect(model.lookUps).toBeLessThanOrEqual(1);
  });

  it('is refused where nobody registered the addressee, or the conversation is not the sender\u2019s', async () => {
    const commands = await commandsOver(await openStore());
    await register(commands, 'a', 'b');
    await expect(commands.sendMessage(send('a', 'nobody', 'x'))).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    const into = (conversation: string) => ({
      user: 'a',
      conversation,
      id: 'x',
      msg: 'm',
      correlationId: 'test',
    });
    for (const conversation of [dm, 'dm~b~c', 'dm~b~a', 'group~g', 'nonsense']) {
      await expect(commands.sendMessage(into(conversation))).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    }
    await commands.sendMessage(send('b', 'a', 'y'));
    await expect(commands.sendMessage(into(dm))).resolves.toMatchObject({ seq: 2 });
  });

  it('keeps the trace that its command names in the metadata of its event, and where none is named none', async () => {
    const store = await openStore();
    const commands = await commandsOver(store);
    await register(commands, 'a', 'b');
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await commands.sendMessage({ ...send('a', 'b', 'x'), traceparent });
    await commands.sendMessage(send('a', 'b', 'y'));
    const [first, second] = await store.readStream(`conversation-${dm}`, { direction: 'forwards', maxCount: 2 });
    expect(first!.metadata).toMatchObject({ traceparent });
    expect(JSON.stringify(second!.metadata)).not.toContain('traceparent');
  });

  it('may be written to oneself', async () => {
    const commands = await commandsOver(await openStore());
    await register(commands, 'a');
    await expect(commands.sendMessage(send('a', 'a', 'x'))).resolves.toMatchObject({ conversation: 'dm~a~a', seq: 1 });
  });

  it('is refused beyond the rate of its sender, and only of its sender', async () => {
    const commands = await commandsOver(await openStore(), { rateLimit: 3 });
    await register(commands, 'a', 'b');
    const settled = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => commands.sendMessage(send('a', 'b', `x${index}`))),
    );
    const refused = settled.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({ reason: { code: 'RATE_LIMITED', temporary: true } });
    await expect(commands.sendMessage(send('b', 'a', 'y'))).resolves.toMatchObject({ duplicate: false });
  });

  it('is refused where too much is in flight', async () => {
    const commands = await commandsOver(await openStore(), { maxInFlight: 2 });
    await register(commands, 'a', 'b');
    const settled = await Promise.allSettled(
      Array.from({ length: 4 }, (_, index) => commands.sendMessage(send('a', 'b', `x${index}`))),
    );
    expect(settled.slice(0, 2).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(settled.slice(2)).toMatchObject([{ reason: { code: 'OVERLOADED' } }, { reason: { code: 'OVERLOADED' } }]);
  });
});

describe('marking as read', () => {
  it('moves forward only', async () => {
    const store = await openStore();
    const commands = await commandsOver(store);
    await register(commands, 'a', 'b');
    for (const id of ['1', '2', '3']) await commands.sendMessage(send('a', 'b', id));
    expect(await commands.markRead(read('b', 2))).toMatchObject({ seq: 2 });
    expect(await commands.markRead(read('b', 1))).toEqual({ conversation: dm, seq: 2, position: 0 });
    expect(await commands.markRead(read('b', 2))).toEqual({ conversation: dm, seq: 2, position: 0 });
    expect(await commands.markRead(read('b', 3))).toMatchObject({ seq: 3 });
    const reads = (await wholeLog(store)).filter(({ type }) => type === 'MessagesRead').map(({ data }) => data);
    expect(reads).toMatchObject([
      { after: 0, seq: 2 },
      { after: 2, seq: 3 },
    ]);
  });

  it('knows a watermark that lies far back in a long conversation', async () => {
    const store = await openStore();
    const writing = await commandsOver(store);
    await register(writing, 'a', 'b');
    await writing.sendMessage(send('a', 'b', 'first'));
    await writing.markRead(read('b', 1));
    for (let index = 0; index < 200; index += 1) await writing.sendMessage(send('a', 'b', `x${index}`));
    const later = await commandsOver(store);
    expect(await later.markRead(read('b', 1))).toEqual({ conversation: dm, seq: 1, position: 0 });
    expect(await later.markRead(read('b', 5))).toMatchObject({ seq: 5 });
  });

  it('is refused beyond the end, where there is no conversation, and by a stranger', async () => {
    const commands = await commandsOver(await openStore());
    await register(commands, 'a', 'b');
    await expect(commands.markRead(read('a', 1))).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    await commands.sendMessage(send('a', 'b', '1'));
    await expect(commands.markRead(read('b', 2))).rejects.toMatchObject({ code: 'SEQ_OUT_OF_RANGE' });
    await expect(commands.markRead(read('c', 1))).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
  });
});

describe('two writers of one conversation', () => {
  it('leave no gap and no double, and see what the other wrote', async () => {
    const store = await openStore();
    const [one, other] = [await commandsOver(store), await commandsOver(store)];
    await register(one, 'a', 'b');
    const both = [one, other];
    const sends = Array.from({ length: 300 }, (_, index) => both[index % 2]!.sendMessage(send('a', 'b', `x${index}`)));
    const seqs = (await Promise.all(sends)).map(({ seq }) => seq).sort((left, right) => left - right);
    expect(seqs).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  it('recognise each other\u2019s ids and do not refuse what only the other has seen', async () => {
    const store = await openStore();
    const [one, other] = [await commandsOver(store), await commandsOver(store)];
    await register(one, 'a', 'b');
    await one.sendMessage(send('a', 'b', '1'));
    await other.sendMessage(send('b', 'a', '1'));
    const first = await one.sendMessage(send('a', 'b', '2'));
    expect(await other.sendMessage(send('a', 'b', '2'))).toEqual({ ...first, duplicate: true });
    await one.sendMessage(send('a', 'b', '3'));
    await expect(other.markRead(read('b', 4))).resolves.toMatchObject({ seq: 4 });
  });
});

describe('a store that fails', () => {
  /** The store, but appends to conversations do as told first. */
  function failing(store: EventStore, plan: (() => Promise<void>)[], after: (() => Promise<void>)[] = []): EventStore {
    return {
      ...store,
      async appendToStream(stream, events, expected) {
        if (stream.startsWith('user-')) return store.appendToStream(stream, events, expected);
        await plan.shift()?.();
        const result = await store.appendToStream(stream, events, expected);
        await after.shift()?.();
        return result;
      },
    };
  }
  const unavailable = () => Promise.reject(new EventStoreUnavailableError('gone'));

  it('is asked again, and a lost answer makes no second message', async () => {
    const store = await openStore();
    const commands = await commandsOver(failing(store, [unavailable], [unavailable]));
    await register(commands, 'a', 'b');
    await expect(commands.sendMessage(send('a', 'b', 'x'))).resolves.toMatchObject({ seq: 1, duplicate: false });
    expect((await wholeLog(store)).filter(({ type }) => type === 'MessageSent')).toHaveLength(1);
  });

  it('is answered for in time, and the same id sent again finds out what became of it', async () => {
    const store = await openStore();
    const never = () => new Promise<void>(() => undefined);
    const commands = await commandsOver(store);
    await register(commands, 'a', 'b');
    const lost = await commandsOver(failing(store, [], [never]), { commandTimeoutMs: 200 });
    await expect(lost.sendMessage(send('a', 'b', 'x'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      temporary: true,
    });
    await expect(commands.sendMessage(send('a', 'b', 'x'))).resolves.toMatchObject({ seq: 1, duplicate: true });
  });

  it('does not stand in the way of other conversations', async () => {
    const store = await openStore();
    const never = () => new Promise<void>(() => undefined);
    const commands = await commandsOver(failing(store, [never]), { commandTimeoutMs: 300 });
    await register(commands, 'a', 'b', 'c');
    const stuck = commands.sendMessage(send('a', 'b', 'x'));
    await expect(commands.sendMessage(send('a', 'c', 'y'))).resolves.toMatchObject({ seq: 1 });
    await expect(stuck).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await commands.idle();
  });
});
