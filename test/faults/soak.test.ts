import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, metricOf } from '../support/deployment.ts';
import { startRealServer } from '../support/event-store-server.ts';
import type { EventStoreServer } from '../support/event-store-server.ts';
import { historyOf } from '../support/ledger.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import type { TestMongo } from '../support/mongod.ts';
import { newUser } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { conversationOf } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { startTalking } from '../support/talker.ts';
import { until } from '../support/until.ts';

/** One round of faults where nothing else is said; an hour finds what a minute does not. */
const seconds = Number(process.env['SOAK_SECONDS'] ?? 0);
const conversations = Number(process.env['SOAK_CONVERSATIONS'] ?? 10);
const { EVENTSTORE_URL: url, EVENTSTORE_COMMAND: command } = process.env;

let mongo: TestMongo;

beforeAll(async () => {
  if (noMongo === undefined) mongo = await openTestMongo();
});
afterAll(() => (noMongo === undefined ? mongo.stop() : undefined));

interface Fault {
  readonly name: string;
  strike(): Promise<unknown>;
  /** Called once it was noticed. */
  heal(): unknown;
  /** The event store's adapters notice nothing of it. */
  readonly unnoticed?: true;
}

/** A real server where there is a command for one, else the stand-in, with all that can go wrong with it. */
async function openStore(): Promise<{ readonly url: string; readonly faults: readonly Fault[] }> {
  if (url !== undefined && command !== undefined) {
    const server = startRealServer(command, url);
    return { url, faults: outages(server) };
  }
  const standIn = await startStandIn();
  const { faults } = standIn;
  const bad = (name: string, settings: Parameters<typeof faults.set>[0]): Fault => {
    return { name, strike: () => faults.set(settings), heal: () => faults.clear() };
  };
  return {
    url: standIn.url,
    faults: [
      ...outages(standIn),
      bad('mute', { mute: true }),
      bad('busy', { refuse: 'busy' }),
      bad('still starting', { refuse: 'not-ready' }),
      bad('answers lost', { dropAnswers: 20 }),
      { name: 'connections cut', strike: () => faults.cut(), heal: () => undefined },
      {
        name: 'answers lost, ids forgotten',
        strike: async () => {
          await faults.set({ dropAnswers: 20 });
          await faults.forgetIds();
        },
        heal: () => faults.clear(),
      },
    ],
  };
}

const outages = (server: EventStoreServer): readonly Fault[] => [
  { name: 'killed', strike: () => server.kill(), heal: () => server.restart() },
  { name: 'frozen', strike: () => server.freeze(), heal: () => server.thaw() },
];

describe.skipIf(reportSkipped('faults one after the other', noMongo))('two gateways, fault after fault', () => {
  test(
    'both write to the same conversations: acked is there once, in order, without a gap; no process falls',
    async () => {
      const store = await openStore();
      const all = deploy({ eventStore: store.url, mongo: mongo.newDatabase() });
      // By role, those that run by now.
      const [one, other, projector] = await Promise.all([all.gateway(), all.gateway(), all.projector()]);
      const running = { one, other, projector };
      let over = false;
      const pairs = Array.from({ length: conversations }, () => [newUser('a'), newUser('b')] as const);
      await running.one.register(...pairs.flat());
      const talks = pairs.flatMap(([a, b]) => [
        startTalking({ user: a, peer: b, at: () => running.one, ending: () => over }),
        startTalking({ user: b, peer: a, at: () => running.other, ending: () => over }),
      ]);
      const broken = Promise.all(talks.map(({ ended }) => ended));
      const ackedNow = (): number => talks.reduce((sum, { acked }) => sum + acked.size, 0);
      const progress = async (after: string): Promise<void> => {
        const goal = ackedNow() + talks.length;
        const made = until(() => ackedNow() >= goal, `everybody goes on, after: ${after}`, { withinMs: 90_000 });
        await Promise.race([made, broken]);
      };
      const noticed = async (): Promise<number> => (await incidents(running.one)) + (await incidents(running.other));
      const counted = new Map<string, number>();
      const kill = async (role: keyof typeof running): Promise<void> => {
        await running[role].stop('SIGKILL');
        running[role] = role === 'projector' ? await all.projector() : await all.gateway();
      };
      const faults: Fault[] = [
        ...store.faults,
        { name: 'a gateway killed', strike: () => kill('other'), heal: () => undefined, unnoticed: true },
        { name: 'the projector killed', strike: () => kill('projector'), heal: () => undefined, unnoticed: true },
      ];

      await progress('the start');
      const end = performance.now() + seconds * 1_000;
      do {
        for (const fault of shuffled(faults)) {
          const before = await noticed();
          await fault.strike();
          if (fault.unnoticed === undefined) {
            await until(async () => (await noticed()) > before, `somebody notices: ${fault.name}`);
          }
          await fault.heal();
          await progress(fault.name);
          counted.set(fault.name, (counted.get(fault.name) ?? 0) + 1);
        }
      } while (performance.now() < end);
      const conflicts = await metricOf(running.one, 'weiliao_append_conflicts_total');
      over = true;
      await broken;

      for (const [index, [a, b]] of pairs.entries()) {
        const promised = talks.slice(2 * index, 2 * index + 2).flatMap(({ acked }) => [...acked]);
        const stored = await historyOf(running.one, a, conversationOf(a, b), promised.length);
        expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, place) => place + 1));
        expect(new Map(stored.map(({ clientId, seq }) => [clientId, seq]))).toEqual(new Map(promised));
        expect(stored).toHaveLength(promised.length);
      }
      expect(conflicts).toBeGreaterThan(0);
      const connections = talks.reduce((sum, talk) => sum + talk.connections, 0);
      console.info(`soak: ${ackedNow()} acked, ${connections} connections, ${conflicts} conflicts`, counted);
    },
    (seconds + 600) * 1_000,
  );
});

/** What the adapter of a process dealt with so far. */
async function incidents(server: Server): Promise<number> {
  const { text } = await server.rest('GET', '/metrics');
  const values = [...text.matchAll(/^weiliao_event_store_incidents_total\{[^}]*\} (\d+)/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}
