import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';
import { clientOf, onFakeTime, pass, record, refusal, settle } from './harness.ts';

onFakeTime();

const peers = ['b', 'c'];
const idOf = (peer: string): string => `dm~a~${peer}`;

/** A client with rooms open, all that it was told, and what it sent. */
function run(chat: FakeChat) {
  const client = clientOf(chat);
  const told = record(client, 'message');
  const holes = record(client, 'hole');
  const written: { readonly to: string; readonly id: string }[] = [];
  client.connect();
  for (const peer of peers) client.conversation(idOf(peer));
  const send = (to: string): void => {
    const id = `own-${written.length}`;
    written.push({ to, id });
    void client.send({ to, id, msg: `text ${written.length}` });
  };
  return { client, told, holes, written, send };
}

type Run = ReturnType<typeof run>;

/** What is shown is what is known and what is unsettled, and nothing is shown twice. */
function expectTrueView(chat: FakeChat, { client, written }: Run): void {
  for (const peer of peers) {
    const { messages, pending, conversation } = client.conversation(idOf(peer)).get();
    const known = new Map(chat.messages(idOf(peer)).map((message) => [message.seq, message]));
    for (const message of messages) expect(message.clientId).toBe(known.get(message.seq)?.clientId);
    expect(messages.map(({ seq }) => seq)).toEqual([...new Set(messages.map(({ seq }) => seq))].sort((x, y) => x - y));
    const own = messages.filter(({ from }) => from.id === 'a').map(({ clientId }) => clientId);
    const waiting = pending.map(({ clientId }) => clientId);
    expect(own.filter((id) => waiting.includes(id))).toEqual([]);
    expect(waiting).toEqual(written.filter(({ to, id }) => to === peer && waiting.includes(id)).map(({ id }) => id));
    if (conversation === undefined) continue;
    const { lastSeq, seenSeq, readSeq, unread } = conversation;
    expect(unread).toBe(Math.max(0, lastSeq - seenSeq));
    expect(seenSeq).toBeGreaterThanOrEqual(readSeq);
  }
}

/** Everything has come to rest: the client knows what the server does. */
function expectAllThere(chat: FakeChat, { client, told, holes, written }: Run): void {
  expect(client.connection.get().state).toBe('live');
  expect(client.pending.get()).toEqual([]);
  for (const peer of peers) {
    const all = chat.messages(idOf(peer));
    if (all.length === 0) continue;
    const { messages, conversation } = client.conversation(idOf(peer)).get();
    expect(conversation).toMatchObject({ lastSeq: all.length, revision: chat.revision(idOf(peer)), stale: false });
    const statuses = new Map(all.map(({ seq, status }) => [seq, status]));
    expect(messages.map(({ status }) => status)).toEqual(messages.map(({ seq }) => statuses.get(seq)));
    // Sent once each, in the order of the calls.
    const own = all.filter(({ from }) => from.id === 'a').map(({ clientId }) => clientId);
    expect(own).toEqual(written.filter(({ to }) => to === peer).map(({ id }) => id));
    // Told once each, in order; all of them, but for holes that were told.
    const seqs = told.filter((message: Message) => message.conversation === idOf(peer)).map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((x, y) => x - y));
    if (holes.length === 0) expect(seqs).toEqual(all.map(({ seq }) => seq));
  }
}

/** A session in which a bit of everything happens. */
async function session(chat: FakeChat): Promise<Run> {
  const made = run(chat);
  await settle();
  made.send('b');
  made.send('b');
  chat.message('b', 'a');
  await settle();
  chat.read(idOf('b'), 'b', 1);
  made.client.markRead(idOf('b'), 3);
  made.send('c');
  await settle();
  chat.message('c', 'a');
  made.send('b');
  await pass(2_000);
  return made;
}

describe('a connection that breaks after any byte', () => {
  test.each(['toServer', 'toClient'] as const)('%s: nothing is lost, doubled or out of order', async (way) => {
    const whole = new FakeChat();
    expectAllThere(whole, await session(whole));
    const total = whole.socket.bytes[way];
    expect(total).toBeGreaterThan(300);
    for (let bytes = 0; bytes < total; bytes += 1) {
      const chat = new FakeChat();
      let first = true;
      chat.nextBudget = () => {
        const budget = { toServer: Infinity, toClient: Infinity, ...(first && { [way]: bytes }) };
        first = false;
        return budget;
      };
      const made = await session(chat);
      expectTrueView(chat, made);
      expectAllThere(chat, made);
      expect(made.client.stats.gaps).toBe(0);
      made.client.disconnect();
    }
  });
});

type Step = (chat: FakeChat, made: Run) => void | Promise<void>;

const peer = fc.constantFrom(...peers);
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: peer.map(
      (to): Step =>
        (_, { send }) =>
          send(to),
    ),
  },
  {
    weight: 4,
    arbitrary: peer.map(
      (from): Step =>
        (chat) =>
          void chat.message(from, 'a'),
    ),
  },
  {
    weight: 2,
    arbitrary: peer.map((reader): Step => (chat) => {
      const last = chat.messages(idOf(reader)).length;
      if (last > 0) chat.read(idOf(reader), reader, last);
    }),
  },
  {
    weight: 2,
    arbitrary: peer.map((of): Step => (_, { client }) => {
      const last = client.conversation(idOf(of)).get().conversation?.lastSeq ?? 0;
      if (last > 0) client.markRead(idOf(of), last);
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1006, 4000, 4008, 4009).map(
      (code): Step =>
        (chat) =>
          chat.socket.end(code),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Step>((_, { client }) => {
      client.disconnect();
      client.connect();
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Step>(async (_, { client }) => {
      client.disconnect();
      await settle();
      client.connect();
    }),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (recovers): Step =>
        (chat) =>
          void (chat.recovers = recovers),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1, 3, 1_000).map(
      (most): Step =>
        (chat) =>
          void (chat.mostReplayed = most),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(0, 0, 400, 5_000).map(
      (ms): Step =>
        () =>
          pass(ms),
    ),
  },
);

/** Lets all that is under way come to its end. */
async function rest(chat: FakeChat): Promise<void> {
  chat.intercept = () => false;
  chat.rest = () => undefined;
  chat.copies = () => 1;
  await pass(120_000);
}

test('whatever happens to connections, what is shown is true, and in the end all is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), fc.infiniteStream(fc.nat(99)), async (script, dice) => {
      const chat = new FakeChat();
      const roll = (): number => Number(dice.next().value);
      const made = run(chat);
      await settle();
      // Some sends are refused for a while, some connections break somewhere, some events come twice, REST is away at times.
      chat.intercept = (socket, { type, id }) => {
        if ((type !== 'send' && type !== 'read') || roll() > 15) return false;
        socket.say(refusal(id, 'OVERLOADED', true));
        return true;
      };
      chat.nextBudget = () => ({ toServer: 40 * roll() + 50, toClient: 100 * roll() + 100 });
      chat.copies = () => (roll() > 80 ? 2 : 1);
      chat.rest = () => (roll() > 80 ? { status: 503, body: { code: 'READ_MODEL_BEHIND' } } : undefined);
      for (const step of script) {
        await step(chat, made);
        await settle();
        expectTrueView(chat, made);
      }
      chat.nextBudget = () => ({ toServer: Infinity, toClient: Infinity });
      chat.socket.end();
      await rest(chat);
      expectAllThere(chat, made);
      expect(made.client.stats.gaps).toBe(0);
      made.client.disconnect();
      await settle();
    }),
  );
});

test('a server that loses frames is found out: what it lost is fetched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), fc.infiniteStream(fc.nat(99)), async (script, dice) => {
      const chat = new FakeChat();
      const made = run(chat);
      await settle();
      chat.copies = () => (Number(dice.next().value) > 60 ? 0 : 1);
      for (const step of script) {
        await step(chat, made);
        await settle();
        expectTrueView(chat, made);
      }
      await rest(chat);
      // What is lost last shows by what comes next.
      for (const from of peers) chat.message(from, 'a');
      await rest(chat);
      expectAllThere(chat, made);
      made.client.disconnect();
      await settle();
    }),
  );
});
