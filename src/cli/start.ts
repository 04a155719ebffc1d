import type { Command } from 'commander';
import { misspeltSettings, readConfig } from '../shared/config.ts';
import { settingsHelp } from '../shared/config/describe.ts';
import { addressesOf } from '../process/addresses.ts';
import { createLifecycle } from '../process/lifecycle.ts';
import { createLogger } from '../shared/logger.ts';
import { warnOfWideFolder } from '../process/safe-process.ts';
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
  for (const misspelt of misspeltSettings()) logger.warn(misspelt, 'no setting is called so: it has no effect');
  const lifecycle = createLifecycle(logger, config.drainMs);
  try {
    const ports = await lifecycle.begin(startServer(config, logger, lifecycle));
    if ([config.log, config.readModel].some(({ kind }) => kind === 'embedded'))
      warnOfWideFolder(config.dataDir, logger);
    logger.info({ ...addressesOf(config.host, ports), ...ports, host: config.host }, 'ready');
  } catch (error) {
    if (!lifecycle.ending) printFault(error);
    await lifecycle.end('could not start', 1);
  }
}
