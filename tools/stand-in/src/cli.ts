import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { createLifecycle, createLogger, printFault, version } from 'weiliao/tooling';

interface StandInArguments {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly tlsCert?: Buffer;
  readonly tlsKey?: Buffer;
  readonly user: string;
  readonly password?: string;
  readonly faultsPort?: number;
  readonly logLevel: string;
}

/** The command line of the stand-in. `name`: as its help calls it. */
export function createProgram(name = 'weiliao-stand-in'): Command {
  return new Command(name)
    .version(version)
    .description("serve an embedded log in EventStoreDB's protocol: for development and tests")
    .requiredOption('--data <folder>', 'folder of the log, made where there is none; no other process may have it')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for any that is free', toPort, 2113)
    .option('--tls-cert <file>', 'certificate, to serve with TLS', toContent)
    .option('--tls-key <file>', 'its key', toContent)
    .option('--user <name>', 'user that clients must be; with TLS only, as they send none without', 'admin')
    .option('--password <text>', 'password of that user; anybody may come where there is none')
    .option('--faults-port <number>', 'port of 127.0.0.1 that takes faults for tests; none by default', toPort)
    .option('--log-level <level>', 'debug, info, warn, error', 'info')
    .action(standIn);
}

function toPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is 0 to 65535.');
  return port;
}

function toContent(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Runs until SIGTERM or SIGINT. Logs a line `ready` with the ports it got. */
async function standIn(given: StandInArguments, command: Command): Promise<void> {
  const { host, port, data, tlsCert, tlsKey, user, password, faultsPort, logLevel } = given;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) command.error('error: --tls-cert and --tls-key go together');
  if (password !== undefined && tlsCert === undefined) command.error('error: --password goes with --tls-cert');
  const logger = createLogger(logLevel);
  const lifecycle = createLifecycle(logger, 0);
  try {
    // gRPC is loaded by this command alone.
    const { startStandIn } = await import('./stand-in.ts');
    const server = await startStandIn({
      dataDir: data,
      host,
      port,
      ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { cert: tlsCert, key: tlsKey } }),
      ...(password !== undefined && { user: { name: user, password } }),
      logger,
      onFatal(error) {
        logger.fatal({ error }, 'the log is lost');
        void lifecycle.end('the log is lost', 1);
      },
    });
    lifecycle.defer('stand-in', () => server.close());
    const ports: Record<string, number> = { port: server.port };
    if (faultsPort !== undefined) {
      const { serveFaults } = await import('./faults-http.ts');
      const faults = await serveFaults(server.faults, faultsPort);
      lifecycle.defer('faults', () => faults.close());
      ports['faultsPort'] = faults.port;
    }
    logger.info({ ...ports, host }, 'ready');
  } catch (error) {
    printFault(error);
    await lifecycle.end('could not start', 1);
  }
}
