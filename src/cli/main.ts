#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { SettingsError } from '../config.ts';
import { version } from '../version.ts';
import { printFault } from './fault.ts';
import { registerLoad } from './load.ts';
import { registerRebuild } from './rebuild.ts';
import { registerStandIn } from './stand-in.ts';
import { registerStart } from './start.ts';
import { registerVerify } from './verify.ts';

/** Exit 0: done. 1: the thing asked found a fault. 2: used wrongly. */
const program = new Command('weiliao')
  .description('Event-sourced messaging: every message provable, every view rebuildable.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help tells more)')
  .configureHelp({ showGlobalOptions: true });

for (const register of [registerStart, registerRebuild, registerVerify, registerLoad, registerStandIn])
  register(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError('(--help tells more)');

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has printed what is wrong itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  printFault(error);
  return error instanceof SettingsError ? 2 : 1;
}
