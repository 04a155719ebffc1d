import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { OperatorError } from 'weiliao/tooling';
import type { Logger } from 'weiliao/tooling';
import type { CallContext } from './calls.ts';
import { createGossip, createServerFeatures } from './cluster-services.ts';
import { createFaults } from './faults.ts';
import type { Faults } from './faults.ts';
import { openLog } from './log.ts';
import { openGroups } from './persistent/groups.ts';
import { createPersistentService, persistentDefinition } from './persistent/service.ts';
import { gossip, serverFeatures } from './cluster-protocol.ts';
import { createStreamsService, streamsDefinition } from './streams-service.ts';
import { requireUser } from './user.ts';
import type { User } from './user.ts';

export interface StandInOptions {
  /** The folder of an embedded log: this process's alone. */
  readonly dataDir: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** With TLS, by this certificate and its key in PEM form. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Whom callers must be; anybody by default. */
  readonly user?: User;
  readonly logger: Logger;
  /** The log can no longer be trusted or written: the process should end. */
  onFatal(error: Error): void;
}

export interface StandIn {
  readonly port: number;
  readonly faults: Faults;
  /** Ends all calls and connections, then the log. Safe to call twice. */
  close(): Promise<void>;
}

/** EventStoreDB takes messages of up to 16 MiB. */
const maxMessageBytes = 16 * 1024 * 1024;

/**
 * EventStoreDB's gRPC protocol over an embedded log: for development and tests with the real client and no server
 * installed. Rejects with `OperatorError` where the folder, the port or the certificate cannot be used.
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { dataDir, host, logger, onFatal, user } = options;
  const credentials = credentialsOf(options.tls);
  const log = await openLog({ dataDir, onFatal });
  const groups = openGroups(log, logger);
  const sockets = new Set<Socket>();
  const { faults, ...gate } = createFaults({
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    forgetIds: () => log.forgetIds(),
  });
  const context: CallContext = { gate, logger, user };
  let port = options.port;
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    interceptors: user === undefined ? [] : [requireUser(user)],
  });
  server.addService(streamsDefinition, createStreamsService(log, context));
  server.addService(persistentDefinition, createPersistentService(groups, context));
  server.addService(serverFeatures, createServerFeatures(context));
  server.addService(
    gossip,
    createGossip(context, () => ({ host, port })),
  );

  // The sockets are kept here and not by the gRPC server, so that a connection can be cut like a cable.
  const injector = server.createConnectionInjector(credentials);
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => logger.debug({ component: 'stand-in', error }, 'a connection failed'));
    injector.injectConnection(socket);
  });
  try {
    port = await listen(listener, host, options.port);
  } catch (error) {
    groups.close();
    await log.close();
    throw error;
  }
  let closing: Promise<void> | undefined;

  async function shutDown(): Promise<void> {
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    server.forceShutdown();
    injector.destroy();
    faults.cut();
    await closed;
    groups.close();
    await log.close();
  }

  return { port, faults, close: () => (closing ??= shutDown()) };
}

function credentialsOf(tls: StandInOptions['tls']): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new OperatorError(`the certificate and its key cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }]);
}

function listen(listener: ReturnType<typeof createServer>, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error) => {
      reject(new OperatorError(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    listener.listen(port, host, () => resolve((listener.address() as AddressInfo).port));
  });
}
