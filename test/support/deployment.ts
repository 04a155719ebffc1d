import { onTestFinished } from 'vitest';
import { spawnServer } from './server.ts';
import type { Environment, Server } from './server.ts';
import { until } from './until.ts';

/** Processes over one log and one read model, as on many machines. */
export interface Deployment {
  /** Sockets and REST. */
  gateway(env?: Environment): Promise<Server>;
  projector(env?: Environment): Promise<Server>;
  /** Not waited for: it may be refused. */
  spawn(env: Environment): Server;
  /** Every process so far. */
  readonly servers: readonly Server[];
}

/** Processes of one test over these stores; none may have met a disaster by its end. */
export function deploy({ eventStore, mongo }: { readonly eventStore: string; readonly mongo: string }): Deployment {
  const servers: Server[] = [];

  function spawn(env: Environment): Server {
    const server = spawnServer({ EVENTSTORE_URL: eventStore, MONGODB_URL: mongo, ...env });
    servers.push(server);
    return server;
  }

  async function start(env: Environment): Promise<Server> {
    const server = await spawn(env).ready();
    // The read model has to come to where the log ended, which takes its time where others keep writing.
    await until(() => isReady(server), 'the process is ready');
    return server;
  }

  onTestFinished(() => {
    const disasters = servers.flatMap((server) => server.disasters);
    if (disasters.length > 0) throw new Error(JSON.stringify(disasters));
  });
  return {
    servers,
    spawn,
    gateway: (env = {}) => start({ ROLES: 'gateway,api', ...env }),
    projector: (env = {}) => start({ ROLES: 'projector', ...env }),
  };
}

export async function isReady(server: Server): Promise<boolean> {
  return (await server.rest('GET', '/readyz')).status === 200;
}

/** The value of a metric without labels, or with the labels as they are printed. */
export async function metricOf(server: Server, name: string): Promise<number> {
  const { text } = await server.rest('GET', '/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
