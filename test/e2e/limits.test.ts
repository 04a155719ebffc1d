import { expect, test } from 'vitest';
import { startServer } from '../support/server.ts';
import { conversationOf, enter, enterOriginal } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';
import { until } from '../support/until.ts';

async function answersTo(chat: Chat, ids: readonly string[], to: string): Promise<string[]> {
  for (const id of ids) chat.send({ type: 'send', id, to, msg: 'm' });
  const answers = [];
  for (const id of ids) answers.push(await chat.answer(id));
  return answers.map((answer) => {
    if (answer.type === 'error') expect(answer.temporary).toBe(true);
    return answer.type === 'error' ? answer.code : 'ack';
  });
}

const named = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);

test('over the rate a sender is told RATE_LIMITED, others are not, and later it goes on', async () => {
  const server = await startServer({ RATE_LIMIT: '5' });
  const [alice, bob] = [await enter(server, 'alice'), await enter(server, 'bob')];
  const answers = await answersTo(alice, named('a', 20), 'bob');
  expect(answers.slice(0, 5)).toEqual(named('', 5).map(() => 'ack'));
  expect(answers.filter((answer) => answer === 'RATE_LIMITED').length).toBeGreaterThanOrEqual(13);
  expect(await answersTo(bob, ['b'], 'alice')).toEqual(['ack']);
  // One of many at once: the limit lets some through again every moment.
  const post = (id: string) => server.rest('POST', '/v1/messages', { as: 'alice', body: { id, to: 'bob', msg: 'm' } });
  const rests = await Promise.all(named('r', 30).map(post));
  const rest = rests.find(({ status }) => status === 429)!;
  expect(rest.body).toMatchObject({ code: 'RATE_LIMITED' });
  expect(rest.headers.get('retry-after')).toMatch(/^[0-9]+$/);
  await until(async () => (await answersTo(alice, ['a19'], 'bob'))[0] === 'ack', 'the rate lets it go on');
});

test('over the commands in flight everybody is told OVERLOADED, and nothing of it is stored', async () => {
  const server = await startServer({ MAX_IN_FLIGHT: '3' });
  const [alice] = [await enter(server, 'alice'), await enter(server, 'bob')];
  await alice.say('bob', 'warm');
  const ids = named('a', 50);
  const answers = await answersTo(alice, ids, 'bob');
  expect(new Set(answers)).toEqual(new Set(['ack', 'OVERLOADED']));
  const acked = answers.filter((answer) => answer === 'ack').length;
  const path = `/v1/conversations/${conversationOf('alice', 'bob')}/messages`;
  expect((await server.get<{ lastSeq: number }>(path, 'alice')).lastSeq).toBe(acked + 1);
  const again = await answersTo(alice, [ids[answers.indexOf('OVERLOADED')]!], 'bob');
  expect(again).toEqual(['ack']);
});

test('under load that fills the gateway, what a socket of the original system is shown counts as read all the same', async () => {
  const server = await startServer({ MAX_IN_FLIGHT: '4' });
  await server.register('1', '2');
  const noise = await enter(server, 'noise');
  const [alice, two] = [await enter(server, 'alice'), await enterOriginal(server, '2')];
  await until(async () => (await answersTo(alice, ['first'], '2'))[0] === 'ack', 'the first is taken');
  await two.message();
  let loud = true;
  const shout = async (): Promise<void> => {
    for (let count = 0; loud; count += 10) await answersTo(noise, named(`n${count}-`, 30), '1');
  };
  const shouting = shout();
  for (let count = 0; count < 10; count += 1) {
    await until(async () => (await answersTo(alice, [`m${count}`], '2'))[0] === 'ack', 'it is taken');
    await two.message();
  }
  loud = false;
  await shouting;
  await until(async () => {
    const path = `/v1/conversations/${conversationOf('alice', '2')}/messages`;
    const { items } = await server.get<{ items: { status: number }[] }>(path, 'alice');
    return items.every(({ status }) => status === 2);
  }, 'all are read');
});
