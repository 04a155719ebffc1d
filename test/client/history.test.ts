import { expect, test } from 'vitest';
import { FakeChat } from '../support/fake-chat.ts';
import { live, onFakeTime, settle } from './harness.ts';

onFakeTime();

const ab = 'dm~a~b';

async function long() {
  const chat = new FakeChat();
  for (let i = 0; i < 25; i += 1) chat.message('b', 'a');
  return live(chat);
}

const seqs = (page: readonly { readonly seq: number }[]): number[] => page.map(({ seq }) => seq);

test('pages come one after the other until there is none, and the view holds them', async () => {
  const { client } = await long();
  const room = client.conversation(ab);
  const pages: number[][] = [];
  for await (const page of room.history({ limit: 10 })) pages.push(seqs(page));
  expect(pages.map((page) => [page[0], page.at(-1)])).toEqual([
    [25, 16],
    [15, 6],
    [5, 1],
  ]);
  expect(seqs(room.get().messages)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

test('they come oldest first above a seq', async () => {
  const { client } = await long();
  const pages: number[][] = [];
  for await (const page of client.conversation(ab).history({ after: 20, limit: 3 })) pages.push(seqs(page));
  expect(pages).toEqual([
    [21, 22, 23],
    [24, 25],
  ]);
});

test('a page from anywhere leaves a jump in what is held, and more fill it', async () => {
  const { client } = await long();
  const room = client.conversation(ab);
  expect(seqs(await room.load({ before: 6, limit: 2 }))).toEqual([5, 4]);
  expect(seqs(room.get().messages)).toEqual([4, 5, 25]);
});

test('they end with a break of the loop', async () => {
  const { chat, client } = await long();
  const before = chat.requests.length;
  for await (const page of client.conversation(ab).history({ limit: 10 })) {
    expect(page).toHaveLength(10);
    break;
  }
  expect(chat.requests.length - before).toBe(1);
});

test.each(['return', 'signal'])('a next that waits ends with %s', async (way) => {
  const { client } = await long();
  const stop = new AbortController();
  // A request that never ends.
  const { chat: silent } = await long();
  silent.message('b', 'a');
  const pages = (await live(silent, { fetch: hanging(silent) })).client
    .conversation(ab)
    .history({ signal: stop.signal });
  const waiting = pages.next();
  await settle();
  if (way === 'return') await pages.return?.();
  else stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await pages.next()).toEqual({ done: true, value: undefined });
  expect(client.connection.get().state).toBe('live');
});

test('a signal that is over already, and pages asked for at once', async () => {
  const { client } = await long();
  const room = client.conversation(ab);
  expect(await room.history({ signal: AbortSignal.abort() }).next()).toMatchObject({ done: true });
  const pages = room.history({ limit: 10 });
  const got = await Promise.all([pages.next(), pages.next(), pages.next(), pages.next()]);
  expect(got.map((page) => (page.done === true ? 0 : page.value[0]?.seq))).toEqual([25, 15, 5, 0]);
});

test('what the server refuses is told to the caller', async () => {
  const { chat, client } = await long();
  chat.rest = () => ({ status: 404, body: { code: 'CONVERSATION_NOT_FOUND', detail: 'no' } });
  await expect(client.conversation('dm~a~x').load()).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
  const pages = client.conversation('dm~a~x').history();
  await expect(pages.next()).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
  expect(await pages.next()).toMatchObject({ done: true });
  chat.rest = () => ({ status: 502, body: '<html>' });
  await expect(client.conversation('dm~a~x').load()).rejects.toMatchObject({ code: 'DISCONNECTED', temporary: true });
  chat.rest = () => ({ status: 200, body: {} });
  await expect(client.conversation('dm~a~x').load()).rejects.toMatchObject({ code: 'BAD_SERVER_FRAME' });
});

function hanging(chat: FakeChat): typeof fetch {
  return (input, init) =>
    (input as string).includes('/messages') ? new Promise(() => undefined) : chat.fetch(input, init);
}
