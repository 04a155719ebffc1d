import type { EventStoreDBClient } from '@eventstore/db-client';
import { Client } from '@grpc/grpc-js';
import type { CallOptions, Channel, Metadata } from '@grpc/grpc-js';
import { createClient, readConnectionString } from './connection-string.ts';

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
