import { spawn } from 'node:child_process';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { LeaseHeldError } from '../../src/read-model/lease.ts';
import { ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import { mongoModels } from '../support/mongo-models.ts';
import { projecting } from '../support/mongo-projector.ts';
import { makeMongod, noMongoBinary, reportSkipped } from '../support/mongod.ts';
import type { OwnMongod } from '../support/mongod.ts';
import { inOne, projected } from '../support/projection-cut.ts';
import { emptyBatch, message, messagesBatch } from '../support/projection-documents.ts';
import { read, registered, sent } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import type { Fact, MemoryLog } from '../support/projection-log.ts';
import { dump, makeModelFolder } from '../support/projection-model.ts';
import { startServer } from '../support/server.ts';
import { silent } from '../support/silent.ts';
import { enter } from '../support/socket.ts';
import { until, within } from '../support/until.ts';
import { scriptArgs, sourceUrl } from '../support/loader.ts';

/** What twenty pairs say and read, `rounds` times. */
function chatter(rounds: number, first = 1): Fact[] {
  const facts: Fact[] = first === 1 ? [registered('a'), registered('b')] : [];
  for (let seq = first; seq < first + rounds; seq += 1) {
    for (let pair = 0; pair < 20; pair += 1) {
      const conversation = `dm~a~p${pair}`;
      facts.push(sent(conversation, seq, 'a', `p${pair}`));
      if (seq % 3 === 0) facts.push(read(conversation, `p${pair}`, seq - 3, seq));
    }
  }
  return facts;
}

/** What the embedded read model holds of the same log. */
async function embedded(log: MemoryLog): Promise<string> {
  const folder = await makeModelFolder();
  try {
    return await projected(() => folder.open('write'), log.events, inOne);
  } finally {
    await folder.remove();
  }
}

const skipped = reportSkipped('faults of MongoDB', noMongoBinary);

describe.skipIf(skipped).each([
  ['a replica set', true],
  ['a server on its own', false],
])('the read model in %s', (_, replicaSet) => {
  let mongod: OwnMongod;
  const models = mongoModels();
  let url: string;
  let databases = 0;

  beforeAll(async () => {
    mongod = await makeMongod({ replicaSet });
    await mongod.start();
  });
  afterAll(() => mongod.remove());
  beforeEach(() => {
    databases += 1;
    url = mongod.url.replace('/weiliao', `/faults-${databases}`);
  });
  afterEach(() => models.close());

  it('loses nothing and takes nothing twice when the server is killed under load and comes back', async () => {
    const log = createMemoryLog({ gap: 5 });
    log.batchSize = 100;
    const model = await models.open({ url, mode: 'write' });
    const reader = await models.open({ url, mode: 'read' });
    await projecting(log, model, async (states) => {
      for (let round = 0; round < 3; round += 1) {
        const first = 1 + round * 150;
        log.push(...chatter(150, first));
        const begun = async () => (await reader.message(`dm~a~p0:${first}`)) !== undefined;
        await until(begun, 'a batch is being written', { everyMs: 1 });
        await mongod.kill();
        await mongod.start();
      }
      const last = log.events.at(-1)!.position;
      const reached = () => reader.checkpoint().catch(() => 0);
      await until(async () => (await reached()) === last, 'everything is applied');
      expect(states.map(({ kind }) => kind)).toContain('retrying');
    });
    expect(await dump(reader)).toBe(await embedded(log));
  });

  it('says in time that a frozen server gives no answer, and goes on when it wakes', async () => {
    const model = await models.openWriter({ url });
    const reader = await models.open({ url, mode: 'read' });
    await model.apply(messagesBatch(message(1)), { after: 0, position: 1 });
    mongod.signal('SIGSTOP');
    try {
      // A signal takes a moment to reach every thread.
      await until(
        () =>
          reader.checkpoint().then(
            () => false,
            () => true,
          ),
        'it stands still',
      );
      const asked = [
        reader.checkpoint(),
        reader.messages({ conversation: 'dm~a~b', limit: 1 }),
        reader.users({ limit: 10 }),
      ];
      const written = model.apply(messagesBatch(message(2)), { after: 1, position: 2 });
      for (const answer of await within(Promise.allSettled([...asked, written]), 'the answers')) {
        expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'ReadModelUnavailableError' } });
      }
    } finally {
      mongod.signal('SIGCONT');
    }
    const apply = async () => {
      await model.lease?.acquire();
      await model.apply(messagesBatch(message(2)), { after: 1, position: 2 });
    };
    await until(() => apply().then(() => true, refused), 'the batch is taken');
    expect(await reader.checkpoint()).toBe(2);
    expect(await reader.messages({ conversation: 'dm~a~b', after: 0, limit: 9 })).toEqual([message(1), message(2)]);
  });

  it('tells the projector why it waits while the server is gone', async () => {
    const log = createMemoryLog();
    const model = await models.open({ url, mode: 'write' });
    await projecting(log, model, async (states) => {
      await until(() => states.at(-1)?.kind === 'live', 'the projector is live');
      await mongod.kill();
      log.push(...chatter(1));
      await until(() => states.at(-1)?.kind === 'retrying', 'the projector tries again');
      await mongod.start();
      await until(() => states.at(-1)?.kind === 'live', 'the projector is live again');
    });
    expect(await dump(model)).toBe(await embedded(log));
  });

  it('gives a share to another projector some seconds after its holder was killed', async () => {
    const child = spawn(process.execPath, [...scriptArgs(endlessWriter), url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    let applied = 0;
    child.stdout.on('data', (chunk: Buffer) => (applied = Number(chunk.toString().trim().split('\n').at(-1))));
    await until(() => applied >= 30, 'the holder has applied something');
    const model = await models.open({ url, mode: 'write' });
    const acquire = () => model.lease!.acquire();
    await expect(acquire()).rejects.toThrow(`held by endless writer`);
    child.kill('SIGKILL');
    await gone;
    await until(() => acquire().then(() => true, refused), 'the share is free');
    const checkpoint = await model.checkpoint();
    expect(checkpoint).toBeGreaterThanOrEqual(applied);
    await model.apply(emptyBatch, { after: checkpoint, position: checkpoint + 1 });
    const found = await model.messages({ conversation: 'dm~a~b', after: 0, limit: 1_000_000 });
    // The last one may have been written without its checkpoint.
    expect([checkpoint, checkpoint + 1]).toContain(found.length);
    expect(found.map(({ seq }) => seq)).toEqual(Array.from(found, (one, index) => index + 1));
  });
});

/** False for an answer that may be another one later. */
function refused(error: unknown): boolean {
  if (error instanceof ReadModelUnavailableError || error instanceof LeaseHeldError) return false;
  throw error;
}

/** Applies one message after the other and writes the position of each. */
const endlessWriter = `
  import { createLogger } from '${sourceUrl('shared/logger.ts')}';
  import { foldEvents } from '${sourceUrl('projections/fold.ts')}';
  import { openMongoReadModel } from '${sourceUrl('read-model/mongodb/mongo-read-model.ts')}';
  const log = createLogger('silent');
  const model = await openMongoReadModel({ url: process.argv[1], mode: 'write', log, holder: 'endless writer' });
  await model.lease.acquire();
  for (let seq = 1; ; seq += 1) {
    const data = { clientId: String(seq), seq, from: { id: 'a', username: 'a' }, to: { id: 'b', username: 'b' }, msg: 'text', sendDate: seq };
    const place = { stream: 'conversation-dm~a~b', revision: seq - 1, position: seq, created: seq };
    const { batch } = foldEvents([{ id: String(seq), type: 'MessageSent', data, metadata: { schemaVersion: 1 }, ...place }]);
    await model.apply(batch, { after: seq - 1, position: seq });
    process.stdout.write(seq + '\\n');
  }
`;

describe.skipIf(skipped)('a server whose MongoDB is killed', () => {
  it('says for the time that it cannot answer, stays up, and shows everything once MongoDB is back', async () => {
    const mongod = await makeMongod();
    onTestFinished(() => mongod.remove());
    await mongod.start();
    const server = await startServer({ MONGODB_URL: mongod.url });
    await server.register('alice', 'bob');
    const alice = await enter(server, 'alice');
    await alice.say('bob', 'one');
    const status = async (): Promise<number> => (await server.rest('GET', '/v1/conversations', { as: 'bob' })).status;
    const unread = async (): Promise<number | undefined> => {
      const answer = await server.rest<{ items?: { unread: number }[] }>('GET', '/v1/conversations', { as: 'bob' });
      return answer.body.items?.[0]?.unread;
    };
    await until(async () => (await unread()) === 1, 'the message is shown');
    await mongod.kill();
    const now = await status();
    expect({ now, log: server.log.filter(({ level }) => level === 'error') }).toMatchObject({ now: 503 });
    await alice.say('bob', 'two');
    await until(async () => (await server.rest('GET', '/readyz')).status === 503, 'it is not ready');
    await mongod.start();
    await until(async () => (await unread()) === 2, 'both messages are shown');
    await until(async () => (await server.rest('GET', '/readyz')).status === 200, 'it is ready');
    expect(server.disasters).toEqual([]);
  });
});

describe.skipIf(skipped)('a rebuild', () => {
  const models = mongoModels();
  afterEach(() => models.close());

  it('goes on after elections while it compares and while it puts in use, and where the log was away', async () => {
    const mongod = await makeMongod();
    onTestFinished(() => mongod.remove());
    await mongod.start();
    const { url } = mongod;
    const log = createMemoryLog({ gap: 5 });
    log.push(...chatter(30));
    const model = await models.open({ url, mode: 'write' });
    const last = (): number => log.events.at(-1)!.position;
    await projecting(log, model, () => until(async () => (await model.checkpoint()) === last(), 'all is applied'));
    const admin = new MongoClient(url);
    onTestFinished(() => admin.close());
    await admin
      .db('weiliao')
      .collection<{ _id: string }>('message')
      .updateOne({ _id: 'dm~a~p0:3' }, { $set: { msg: 'forged' } });
    const stepDown = () => admin.db('admin').command({ replSetStepDown: 6, force: true });

    // Longer than the driver waits by itself, and than a lease: while both sides are compared, and before the last step.
    const duringElection = new Set([3, 5]);
    let asked = 0;
    const store: typeof log = {
      ...log,
      async lastPosition() {
        asked += 1;
        if (duringElection.has(asked)) await stepDown();
        if (asked === 2) throw new EventStoreUnavailableError('away');
        return log.lastPosition();
      },
    };
    const { differences } = await rebuild({ store, readModel: { kind: 'mongodb', url }, log: silent });
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(differences.map(({ where }) => where)).toEqual(['message dm~a~p0:3']);
    const reader = await models.open({ url, mode: 'read' });
    expect(await dump(reader)).toBe(await embedded(log));
    expect(await reader.checkpoint()).toBe(last());
  });
});

describe.skipIf(skipped)('a server that was never there when it was first asked', () => {
  const models = mongoModels();
  afterEach(() => models.close());

  it('is used once it is', async () => {
    const mongod = await makeMongod({ replicaSet: false });
    onTestFinished(() => mongod.remove());
    const model = await models.open({ url: mongod.url, mode: 'write', lazy: true });
    for (const ask of [() => model.checkpoint(), () => model.users({ limit: 10 }), () => model.checkpoint()]) {
      await expect(ask()).rejects.toBeInstanceOf(ReadModelUnavailableError);
    }
    await mongod.start();
    await until(async () => (await model.checkpoint().catch(() => -1)) === 0, 'it is used');
    expect(await model.users({ limit: 10 })).toEqual([]);
  });
});
