import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comeBack, textsOf } from '../support/come-back.ts';
import { deploy } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import { freezeProcess } from '../support/freeze.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { newUser } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf, enter } from '../support/socket.ts';
import type { Chat } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

let mongo: TestMongo;

beforeAll(async () => {
  if (noMongo === undefined) mongo = await openTestMongo();
});
afterAll(() => (noMongo === undefined ? mongo.stop() : undefined));

async function deployment(): Promise<Deployment> {
  const eventStore = process.env['EVENTSTORE_URL'] ?? (await startStandIn()).url;
  return deploy({ eventStore, mongo: mongo.newDatabase() });
}

/** Sockets here, REST there. */
async function apart(all: Deployment): Promise<{ one: Server; other: Server; projector: Server }> {
  const [one, other, projector] = await Promise.all([all.gateway(), all.gateway(), all.projector()]);
  return { one, other, projector };
}

function online(chat: Chat, user: string, wanted: boolean): Promise<unknown> {
  return chat.take(
    (frame) => frame.type === 'presence' && frame.users.some((one) => one.user === user && one.online === wanted),
    `${user} is ${wanted ? 'online' : 'offline'}`,
    90_000,
  );
}

describe.skipIf(reportSkipped('coming back over many gateways', noMongo))('over two gateways', () => {
  test('a client goes on at the other one, also while the projector stands still', async () => {
    const { one, other, projector } = await apart(await deployment());
    const [a, b, c] = [newUser('a'), newUser('b'), newUser('c')];
    await one.register(a, b, c);
    const [alice, carol] = [await enter(one, a), await enter(other, c)];
    await alice.say(b, 'listed');
    const { chat, cursor } = await comeBack(one, b);
    chat.cut();
    await freezeProcess(projector.pid);
    const list = await other.rest('GET', '/v1/conversations', { as: b });
    await alice.say(b, 'one');
    await carol.say(b, 'of a conversation that the read model has never heard of');
    await alice.say(b, 'two');
    const wanted = ['one', 'of a conversation that the read model has never heard of', 'two'];
    for (const gateway of [one, other]) {
      const back = await comeBack(gateway, b, cursor);
      expect(back.recovered).toBe(true);
      expect(textsOf(back.missed)).toEqual(wanted);
      // A cold start: the list, then the position of the list.
      const cold = await comeBack(gateway, b, list.headers.get('weiliao-position')!);
      expect(cold.recovered).toBe(true);
      expect(textsOf(cold.missed).slice(-wanted.length)).toEqual(wanted);
    }
    projector.signal('SIGCONT');
  });

  test('users see each other come, type and go, and are offline once their gateway is dead', async () => {
    const { one, other } = await apart(await deployment());
    const [a, b] = [newUser('a'), newUser('b')];
    await one.register(a, b);
    const alice = await enter(one, a);
    await alice.say(b, 'hello');
    await online(alice, b, false);
    const bob = await enter(other, b);
    await Promise.all([online(alice, b, true), online(bob, a, true)]);
    bob.send({ type: 'typing', conversation: conversationOf(a, b), on: true });
    expect(await alice.next('typing')).toMatchObject({ user: b, on: true });
    bob.cut();
    expect(await alice.next('typing')).toMatchObject({ user: b, on: false });
    await online(alice, b, false);
    await enter(other, b);
    await online(alice, b, true);
    other.signal('SIGKILL');
    await online(alice, b, false);
  });

  test('a block that one gateway took holds at the other, and so do ended sessions and names', async () => {
    const { one, other } = await apart(await deployment());
    const [a, b] = [newUser('a'), newUser('b')];
    await one.register(a, b);
    const [alice, bob] = [await enter(one, a), await enter(other, b)];
    await alice.say(b, 'hello');
    await bob.next('message');
    await other.rest('PATCH', `/v1/users/${b}`, { as: b, body: { username: 'Bob the second' } });
    await other.rest('PUT', `/v1/blocks/${a}`, { as: b });
    for (let count = 0; ; count += 1) {
      const id = `try-${count}`;
      alice.send({ type: 'send', id, to: b, msg: 'again' });
      const answer = await alice.answer(id);
      if (answer.type === 'error') {
        expect(answer).toMatchObject({ code: 'BLOCKED' });
        break;
      }
    }
    await other.rest('DELETE', `/v1/blocks/${a}`, { as: b });
    // The block holds by the log, the name is read from the read model: the projector may be behind.
    await until(
      async () => (await one.get<{ username: string }>(`/v1/users/${b}`)).username === 'Bob the second',
      'the other gateway tells the new name',
    );
  });
});
