import { EventStoreDBClient } from '@eventstore/db-client';
import type { CallOptions, Channel, ChannelCredentials, ClientOptions, Metadata } from '@grpc/grpc-js';
import { OperatorError } from '../../errors.ts';
import type { OnIncident } from './incident.ts';

/** One client of db-client, and with it one HTTP/2 connection. */
export interface Connection {
  readonly client: EventStoreDBClient;
  /** Opens a gRPC stream that db-client has no method for, on the client's own channel, with its own credentials. */
  openStream<C, T>(service: Service<C>, name: string, open: OpenStream<C, T>): Promise<T>;
  /** Cancels what is open and closes the connection. */
  close(): void;
}

/** One of db-client's generated clients. */
type Service<C> = new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>) => C;
type OpenStream<C, T> = (grpc: C, metadata: Metadata, options: CallOptions) => T;

/** What db-client keeps for itself. It is the last release of its line and pinned; test/contract holds it to this shape. */
interface ClientInternals {
  getChannel(): Promise<Channel>;
  callArguments(options: object, callOptions: CallOptions): [Metadata, CallOptions];
  GRPCStreamCreator<C, T>(service: Service<C>, name: string, open: (grpc: C) => T): () => Promise<T>;
  handleError(grpc: unknown, error: Error): Promise<void>;
}

/** Seconds that one node may take to say who leads; db-client's own default of 5 outlasts a command. */
const gossipTimeout = 2;

/** Connects lazily. Throws `OperatorError` where the connection string cannot be used; credentials are never told. */
export function connect(url: string, onIncident: OnIncident): Connection {
  const client = createClient(withGossipTimeout(url), onIncident);
  const internals = client as unknown as ClientInternals;
  const handleError = internals.handleError;
  // db-client lets this promise float: a failed discovery would end the process as an unhandled rejection.
  internals.handleError = (grpc, error) => handleError(grpc, error).catch(() => undefined);
  return {
    client,
    openStream: (service, name, open) =>
      internals.GRPCStreamCreator(service, name, (grpc) =>
        open(grpc, ...internals.callArguments({}, { deadline: Infinity })),
      )(),
    close() {
      const ignore = (): void => undefined;
      client.dispose().catch(ignore);
      internals.getChannel().then((channel) => channel.close(), ignore);
    },
  };
}

/** The hosts of a connection string, without credentials and options. */
export function hostsOf(url: string): string {
  const [authority = ''] = url.replace(/^[^:]*:\/\//, '').split(/[/?]/);
  return authority.slice(authority.lastIndexOf('@') + 1);
}

function createClient(url: string, onIncident: OnIncident): EventStoreDBClient {
  /* eslint-disable no-console -- db-client warns on the console, in lines that may hold the whole connection string */
  const { warn } = console;
  console.warn = (text: unknown) => {
    const [reason = ''] = String(text).split('\n');
    onIncident({ kind: 'setting-ignored', count: 1, reason });
  };
  try {
    return EventStoreDBClient.connectionString(url);
  } catch (error) {
    throw new OperatorError(`EVENTSTORE_URL cannot be used: ${reasonOf(error as Error)}`);
  } finally {
    console.warn = warn;
  }
  /* eslint-enable no-console */
}

/** What is wrong with a connection string; db-client's own words for a bad form quote from it. */
function reasonOf(error: Error): string {
  const form = /at position (\d+), expected (.*)\.$/s.exec(error.message);
  if (form === null) return error.message;
  return `at character ${Number(form[1]) + 1}: expected ${form[2] ?? ''}`;
}

function withGossipTimeout(url: string): string {
  if (/[?&]gossip[_-]?timeout=/i.test(url)) return url;
  const trimmed = url.trim().replace(/\/+$/, '');
  return `${trimmed}${trimmed.includes('?') ? '&' : '?'}gossipTimeout=${gossipTimeout}`;
}
