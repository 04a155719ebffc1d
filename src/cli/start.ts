import type { Command } from 'commander';
import { readConfig } from '../shared/config.ts';
import { settingsHelp } from '../shared/config/describe.ts';
import { createLifecycle } from '../process/lifecycle.ts';
import { createLogger } from '../shared/logger.ts';
import { guardProcess, warnOfWideFolder } from '../process/safe-process.ts';
import { startServer } from '../process/start-server.ts';
import { printFault } from './fault.ts';

/** Adds `weiliao start`. */
export function registerStart(program: Command): void {
  program
    .command('start')
    .description('run the roles of this process: gateway, projector, api (settings are environment variables)')
    .addHelpText('after', () => `\n${settingsHelp()}`)
    .action(start);
}

async function start(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  guardProcess();
  const lifecycle = createLifecycle(logger, config.drainMs);
  try {
    const ports = await startServer(config, logger, lifecycle);
    warnOfWideFolder(config.dataDir, logger);
    logger.info({ ...ports, host: config.host }, 'ready');
  } catch (error) {
    printFault(error);
    await lifecycle.end('could not start', 1);
  }
}
