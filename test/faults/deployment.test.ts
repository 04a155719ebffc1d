import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { deploy, isReady } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import { historyOf, Promises } from '../support/ledger.ts';
import { makeMongod, noMongo, noMongoBinary, openTestMongo, reportSkipped } from '../support/mongod.ts';
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

/** Milliseconds; short, as some tests wait for it. */
const commandTimeout = { COMMAND_TIMEOUT_MS: '3000' };

async function start(url: string, database = mongo.newDatabase()) {
  const all = deploy({ eventStore: url, mongo: database });
  const [gateway, projector] = await Promise.all([all.gateway(commandTimeout), all.projector()]);
  const [a, b] = [newUser('a'), newUser('b')];
  await gateway.register(a, b);
  return { all, gateway, projector, a, b, conversation: conversationOf(a, b) };
}

async function becomesRed(...servers: Server[]): Promise<void> {
  for (const server of servers) await until(async () => !(await isReady(server)), '/readyz is red');
}

async function becomesGreen(...servers: Server[]): Promise<void> {
  for (const server of servers) {
    let report = '';
    const green = async (): Promise<boolean> => {
      const { status, text } = await server.rest('GET', '/readyz');
      report = text;
      return status === 200;
    };
    await until(green, '/readyz is green').catch((error: unknown) => {
      throw new Error(`${(error as Error).message}: ${report}`);
    });
  }
}

async function post(server: Server, as: string, body: object) {
  const begun = performance.now();
  const answer = await server.rest<{ code?: string; duplicate?: boolean; seq?: number }>('POST', '/v1/messages', {
    as,
    body,
  });
  return { ...answer, ms: performance.now() - begun };
}

describe.skipIf(reportSkipped('faults of a deployment', noMongo))('the event store', () => {
  test.each(['killed', 'frozen'])(
    '%s: told in time, sockets closed, red; back by itself, nothing lost, nothing twice',
    async (fault) => {
      const standIn = await startStandIn();
      const { gateway, projector, a, b, conversation } = await start(standIn.url);
      const chat = await enter(gateway, a);
      await chat.say(b, 'before');
      if (fault === 'killed') await standIn.kill();
      else await standIn.freeze();

      const body = { id: newId(), to: b, msg: 'meanwhile' };
      const refused = await post(gateway, a, body);
      expect(refused).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
      expect(refused.ms).toBeLessThan(10_000);
      expect(await chat.closeCode()).toBe(4009);
      await becomesRed(gateway, projector);

      if (fault === 'killed') await standIn.restart();
      else standIn.thaw();
      await becomesGreen(gateway, projector);
      const again = await enter(gateway, a);
      const ack = await again.say(b, 'meanwhile', body.id);
      expect(ack.seq).toBe(2);
      await again.say(b, 'after');
      const history = await historyOf(gateway, a, conversation, 3);
      expect(history.map(({ msg }) => msg)).toEqual(['before', 'meanwhile', 'after']);
    },
  );

  test('half a second slow: everything is acked, in order', async () => {
    const standIn = await startStandIn();
    const { gateway, a, b, conversation } = await start(standIn.url);
    const chat = await enter(gateway, a);
    await standIn.faults.set({ delayMs: 500 });
    const acks = await Promise.all(Array.from({ length: 50 }, (_, index) => chat.say(b, `text ${index}`)));
    expect(acks.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    await standIn.faults.clear();
    expect(await historyOf(gateway, a, conversation, 50)).toHaveLength(50);
  });

  test('started again empty by mistake: said loudly, refused, and nothing is projected', async () => {
    const standIn = await startStandIn();
    const { all, gateway, projector, a, b, conversation } = await start(standIn.url);
    const chat = await enter(gateway, a);
    for (let index = 0; index < 20; index += 1) await chat.say(b, `text ${index}`);
    await historyOf(gateway, a, conversation, 20);
    await standIn.stop();
    for (const file of readdirSync(standIn.dataDir)) rmSync(join(standIn.dataDir, file), { recursive: true });
    await standIn.restart();
    await becomesRed(projector);
    const loud = /the read model has applied position \d+, but the log ends at \d+/;
    await until(
      () => projector.log.some(({ level, error }) => level === 'fatal' && loud.test(JSON.stringify(error))),
      'it is said',
    );
    const refused = all.spawn({ ROLES: 'gateway,api' });
    expect((await refused.exited).code).toBe(1);
    expect(refused.errors).toMatch(loud);
    projector.log.length = 0;
  });
});

describe.skipIf(reportSkipped('faults of MongoDB under a deployment', noMongoBinary))('MongoDB', () => {
  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'gone by %s: chat goes on, history is told to be behind, red; back by itself with everything',
    async (signal) => {
      const mongod = await makeMongod();
      onTestFinished(() => mongod.remove());
      await mongod.start();
      const standIn = await startStandIn();
      const { gateway, projector, a, b, conversation } = await start(standIn.url, mongod.url);
      const [chat, peer] = [await enter(gateway, a), await enter(gateway, b)];
      await chat.say(b, 'text 0');
      if (signal === 'SIGKILL') await mongod.kill();
      else mongod.signal(signal);
      await becomesRed(gateway, projector);

      for (let index = 1; index < 20; index += 1) await chat.say(b, `text ${index}`);
      for (let seq = 1; seq <= 20; seq += 1) expect(await peer.next('message')).toMatchObject({ seq });
      const path = `/v1/conversations/${conversation}/messages`;
      expect(await gateway.rest('GET', path, { as: a })).toMatchObject({
        status: 503,
        body: { code: 'READ_MODEL_BEHIND' },
      });

      if (signal === 'SIGKILL') await mongod.start();
      else mongod.signal('SIGCONT');
      await becomesGreen(gateway, projector);
      expect(await historyOf(gateway, a, conversation, 20)).toHaveLength(20);
    },
  );
});

describe.skipIf(reportSkipped('processes killed', noMongo))('a process killed', () => {
  async function burst(): Promise<{ all: Deployment; gateway: Server; projector: Server; sender: Promises }> {
    const standIn = await startStandIn();
    const { all, gateway, projector, a, b } = await start(standIn.url);
    return { all, gateway, projector, sender: new Promises(a, b) };
  }

  test('the projector, mid-batch: the next one goes on, nothing lost, nothing twice', async () => {
    const { all, gateway, projector, sender } = await burst();
    const sending = sender.keepSending(await enter(gateway, sender.user), 1_500);
    await until(() => sender.acked.size > 300, 'some are acked', { everyMs: 1 });
    await projector.stop('SIGKILL');
    await sending;
    await all.projector();
    await sender.expectKept(gateway);
  });

  test('a gateway, mid-burst: what has no ack is sent again through another', async () => {
    const { all, gateway, sender } = await burst();
    const other = await all.gateway(commandTimeout);
    const sending = sender.keepSending(await enter(gateway, sender.user), 2_000);
    await until(() => sender.acked.size > 300, 'some are acked', { everyMs: 1 });
    await gateway.stop('SIGKILL');
    await sending;
    await sender.keepSending(await enter(other, sender.user), 500);
    expect(sender.open.size).toBe(0);
    await sender.expectKept(other);
  });
});
