import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { createLifecycle } from '../lifecycle.ts';
import { createLogger } from '../logger.ts';
import { startServer } from '../main.ts';

/** Adds `weiliao start`. */
export function registerStart(program: Command): void {
  program
    .command('start')
    .description('run the roles of this process: gateway, projector, api (settings are environment variables)')
    .action(start);
}

async function start(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  const lifecycle = createLifecycle(logger, config.drainMs);
  try {
    const ports = await startServer(config, logger, lifecycle);
    logger.info({ ...ports, host: config.host }, 'ready');
  } catch (error) {
    if (error instanceof OperatorError) for (const line of error.message.split('\n')) logger.fatal(line);
    else logger.fatal({ error }, 'could not start');
    await lifecycle.end('could not start', 1);
  }
}
