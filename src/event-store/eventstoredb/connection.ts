import type { EventStoreDBClient } from '@eventstore/db-client';
import { Client } from '@grpc/grpc-js';
import type { CallOptions, Channel, Metadata } from '@grpc/grpc-js';
import { setTimeout as delay } from 'node:timers/promises';
import { askingOne, createClient, readConnectionString } from './connection-string.ts';
import type { ConnectionString } from './connection-string.ts';
import { exceptionOf } from './rpc-error.ts';

/** One client of db-client, and with it one HTTP/2 connection. */
export interface Connection {
  readonly client: EventStoreDBClient;
  /** Opens a gRPC stream that db-client has no method for, on the client's own channel, with its own credentials. */
  openStream<T>(name: string, open: OpenStream<T>): Promise<T>;
  /** Cancels what is open and closes the connection. */
  close(): void;
}

type OpenStream<T> = (grpc: Client, metadata: Metadata, options: CallOptions) => T;

/** What db-client keeps for itself. It is the last release of its line and pinned; test/contract holds it to this shape. */
interface ClientInternals {
  getChannel(): Promise<Channel>;
  callArguments(options: object, callOptions: CallOptions): [Metadata, CallOptions];
  GRPCStreamCreator<T>(service: typeof Client, name: string, open: (grpc: Client) => T): () => Promise<T>;
  handleError(grpc: unknown, error: Error): Promise<void>;
  /** Address of the node to connect to. */
  resolveUri(): Promise<string>;
}

/** Connects lazily. Throws `OperatorError` where the connection string cannot be used; credentials are never told. */
export function connect(url: string): Connection {
  const string = readConnectionString(url);
  const client = createClient(string);
  const internals = internalsOf(client);
  const { handleError, resolveUri } = internals;
  let leaderNamed = false;
  // db-client lets this promise float: a failed discovery would end the process as an unhandled rejection.
  internals.handleError = (grpc, error) => {
    leaderNamed = exceptionOf(error) === 'not-leader';
    return handleError(grpc, error).catch(() => undefined);
  };
  if (string.nodes.length > 1) {
    internals.resolveUri = () => {
      if (!leaderNamed) return askAll(string);
      leaderNamed = false;
      return resolveUri();
    };
  }
  return {
    client,
    openStream: (name, open) =>
      internals.GRPCStreamCreator(Client, name, (grpc) =>
        open(grpc, ...internals.callArguments({}, { deadline: Infinity })),
      )(),
    close() {
      const ignore = (): void => undefined;
      client.dispose().catch(ignore);
      internals.getChannel().then((channel) => channel.close(), ignore);
    },
  };
}

const internalsOf = (client: EventStoreDBClient): ClientInternals => client as unknown as ClientInternals;

/**
 * Whom the first node that answers names. db-client asks one after the other, and waits for one that is frozen until
 * its time is up.
 */
async function askAll({ nodes, discovery: { attempts, everyMs } }: ConnectionString): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await Promise.any(nodes.map(({ url }) => internalsOf(createClient({ url: askingOne(url) })).resolveUri()));
    } catch {
      if (attempt >= attempts) throw new Error(`Failed to discover after ${attempt} attempts.`);
      await delay(everyMs);
    }
  }
}
