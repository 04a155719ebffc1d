import type { EventStoreDBClient } from '@eventstore/db-client';
import type { CallOptions, Channel, ChannelCredentials, ClientOptions, Metadata } from '@grpc/grpc-js';
import { createClient, readConnectionString } from './connection-string.ts';

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

/** Connects lazily. Throws `OperatorError` where the connection string cannot be used; credentials are never told. */
export function connect(url: string): Connection {
  const client = createClient(readConnectionString(url));
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
