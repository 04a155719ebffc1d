import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, metricOf } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import { historyOf } from '../support/ledger.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { newUser } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf, enter, newId } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

let mongo: TestMongo;

beforeAll(async () => {
  if (noMongo === undefined) mongo = await openTestMongo();
});
afterAll(() => (noMongo === undefined ? mongo.stop() : undefined));

/** EVENTSTORE_URL, where it is given, or a stand-in. */
async function deployment(): Promise<Deployment> {
  const eventStore = process.env['EVENTSTORE_URL'] ?? (await startStandIn()).url;
  return deploy({ eventStore, mongo: mongo.newDatabase() });
}

async function twoGateways(env = {}): Promise<{ one: Server; other: Server; all: Deployment }> {
  const all = await deployment();
  const [one, other] = await Promise.all([all.gateway(env), all.gateway(env), all.projector()]);
  return { one, other, all };
}

describe.skipIf(reportSkipped('many gateways', noMongo))('two gateways and a projector', () => {
  describe.each(['catch-up', 'persistent'])('fed by %s', (FEED) => {
    test('every session of both participants gets each message once, in order', async () => {
      const { one, other } = await twoGateways({ FEED });
      const [a, b] = [newUser('a'), newUser('b')];
      const sender = await enter(one, a);
      const listeners = await Promise.all([enter(other, a), enter(one, b), enter(other, b)]);
      const count = 300;
      for (let index = 0; index < count; index += 1) {
        const back = index % 3 === 0;
        (back ? listeners[2] : sender).send({ type: 'send', id: newId(), to: back ? a : b, msg: `text ${index}` });
      }
      for (const chat of [sender, ...listeners]) {
        for (let revision = 0; revision < count; revision += 1) {
          expect(await chat.next('message')).toMatchObject({ revision, seq: revision + 1 });
        }
        expect(chat.frames.filter(({ type }) => type === 'message')).toEqual([]);
      }
      const history = await historyOf(other, a, conversationOf(a, b), count);
      expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    });
  });

  test('what was sent through one is known to the other: duplicates, conflicts, positions and cursors', async () => {
    const { one, other } = await twoGateways();
    const [a, b] = [newUser('a'), newUser('b')];
    const here = await enter(one, a);
    await other.register(b);
    const id = newId();
    const first = await here.say(b, 'once', id);
    const elsewhere = await enter(other, a);
    expect(await elsewhere.say(b, 'once', id)).toEqual({ ...first, duplicate: true });
    elsewhere.send({ type: 'send', id, to: b, msg: 'something else' });
    expect(await elsewhere.refusal(id)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });

    const body = { id: newId(), to: b, msg: 'over REST' };
    const sent = await one.rest('POST', '/v1/messages', { as: a, body });
    const position = sent.headers.get('Weiliao-Position')!;
    const read = await other.rest<{ lastSeq: number }>('GET', `/v1/conversations/${conversationOf(a, b)}/messages`, {
      as: a,
      headers: { 'Weiliao-Min-Position': position },
    });
    expect(read).toMatchObject({ status: 200, body: { lastSeq: 2 } });

    const { cursor } = await here.next('message');
    await enter(other, b, { cursor });
  });

  test('both write to the same conversations at once: no gap, nothing twice, conflicts counted', async () => {
    const { one, other } = await twoGateways({ COMMAND_TIMEOUT_MS: '30000' });
    const pairs = Array.from({ length: 10 }, () => [newUser('a'), newUser('b')] as const);
    const each = 30;
    await Promise.all(
      pairs.map(async ([a, b]) => {
        const chats = [await enter(one, a), await enter(other, b)] as const;
        const say = async (chat: (typeof chats)[number], to: string): Promise<void> => {
          for (let index = 0; index < each; index += 1) await chat.say(to, `text ${index}`);
        };
        await Promise.all([say(chats[0], b), say(chats[1], a)]);
      }),
    );
    for (const [a, b] of pairs) {
      const history = await historyOf(one, a, conversationOf(a, b), 2 * each);
      expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 2 * each }, (_, index) => index + 1));
      expect(new Set(history.map(({ clientId }) => clientId)).size).toBe(2 * each);
    }
    const conflicts = await Promise.all(
      [one, other].map((server) => metricOf(server, 'weiliao_append_conflicts_total')),
    );
    expect(conflicts[0]! + conflicts[1]!).toBeGreaterThan(0);
  });

  test('two projectors share the conversations; each message is projected once', async () => {
    const all = await deployment();
    const [gateway, ...projectors] = await Promise.all([
      all.gateway(),
      ...[1, 2].map((index) => all.projector({ PROJECTOR_PARTITION: `${index}/2` })),
    ]);
    const pairs = Array.from({ length: 8 }, () => [newUser('a'), newUser('b')] as const);
    for (const [a, b] of pairs) {
      const chat = await enter(gateway, a);
      await gateway.register(b);
      for (let index = 0; index < 5; index += 1) await chat.say(b, `text ${index}`);
    }
    for (const [a, b] of pairs) expect(await historyOf(gateway, a, conversationOf(a, b), 5)).toHaveLength(5);
    const projected = await Promise.all(
      projectors.map((server) => metricOf(server, 'weiliao_projection_events_total{consumer="read-model"}')),
    );
    for (const count of projected) expect(count).toBeGreaterThan(0);
  });

  test('a second projector of a share stands by, and takes over when the first one is killed', async () => {
    const all = await deployment();
    const [gateway, first] = await Promise.all([all.gateway(), all.projector()]);
    const second = await all.projector();
    await until(async () => {
      const { checks } = await second.get<{ checks: Record<string, { detail?: string }> }>('/readyz');
      return checks['projection:read-model']?.detail?.startsWith('standby: share 1/1 is held by ') === true;
    }, 'the second stands by');
    const [a, b] = [newUser('a'), newUser('b')];
    const chat = await enter(gateway, a);
    await gateway.register(b);
    await chat.say(b, 'one');
    await first.stop('SIGKILL');
    await chat.say(b, 'two');
    expect(await historyOf(gateway, a, conversationOf(a, b), 2)).toHaveLength(2);
  });
});
