import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { json } from 'node:stream/consumers';
import { readConnectionString } from '../../src/event-store/eventstoredb/connection-string.ts';
import { startRealServer } from './event-store-server.ts';
import type { EventStoreServer } from './event-store-server.ts';
import { until } from './until.ts';

/** Nodes of EventStoreDB that a test may harm. */
export interface EventStoreCluster {
  readonly url: string;
  /** Waits until one leads and all others follow it. */
  whole(): Promise<void>;
  /** The node that leads, as soon as one says that it is another than `former`. */
  leader(former?: EventStoreServer): Promise<EventStoreServer>;
}

/** What a node says of one: `state` is `Leader`, `Follower` or something on the way there. */
interface Member {
  readonly state: string;
  readonly isAlive: boolean;
  readonly httpEndPointIp: string;
  readonly httpEndPointPort: number;
}

/** Longest that a cluster may take to come up or to take a node in, in milliseconds. */
const upWithin = 120_000;

/** `command` runs the node of `url` whose place, from 0, is `$NODE`; see `startRealServer`. */
export function startCluster(command: string, url: string): EventStoreCluster {
  const { nodes, tls } = readConnectionString(url);
  const servers = nodes.map((node, index) => startRealServer(command, node.url, index));

  /** The nodes that are alive as each node knows them; none from one that does not answer. */
  const views = (): Promise<Member[][]> => Promise.all(nodes.map(({ host }) => askMembers(host, tls)));

  const serverOf = ({ httpEndPointIp, httpEndPointPort }: Member): EventStoreServer | undefined =>
    servers[nodes.findIndex(({ host }) => host === `${httpEndPointIp}:${httpEndPointPort}`)];

  return {
    url,
    whole: () =>
      until(async () => (await views()).every((members) => isWhole(members, nodes.length)), 'the cluster is whole', {
        withinMs: upWithin,
        everyMs: 200,
      }),
    async leader(former) {
      let found: EventStoreServer | undefined;
      const look = async (): Promise<boolean> => {
        const leaders = (await views()).flat().filter(({ state }) => state === 'Leader');
        found = leaders.map(serverOf).find((server) => server !== former);
        return found !== undefined;
      };
      await until(look, 'one leads', { withinMs: upWithin, everyMs: 50 });
      return found!;
    },
  };
}

function isWhole(members: readonly Member[], count: number): boolean {
  const states = members.map(({ state }) => state).sort();
  return states.length === count && states.pop() === 'Leader' && states.every((state) => state === 'Follower');
}

async function askMembers(host: string, tls: boolean): Promise<Member[]> {
  try {
    const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      const path = `://${host}/gossip?format=json`;
      // Who leads is no secret: only the client's own connections must be sure whom they talk to.
      const request = tls
        ? getSecure(`https${path}`, { rejectUnauthorized: false, timeout: 1_000 }, resolve)
        : getPlain(`http${path}`, { timeout: 1_000 }, resolve);
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error('no answer')));
    });
    const { members } = (await json(answer)) as { members: Member[] };
    return members.filter(({ isAlive }) => isAlive);
  } catch {
    return [];
  }
}
