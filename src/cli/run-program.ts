import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { SettingsError } from '../shared/config.ts';
import { printFault } from './fault.ts';

/**
 * Runs a command line. Sets the exit code: 0 done, 1 the thing asked found a fault (set by the command), 2 used wrongly,
 * 3 it could not be done, so that nothing is known.
 */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  for (const command of allOf(program)) {
    command.exitOverride().showHelpAfterError('(--help tells more)');
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

export const couldNotRun = 3;

function exitCodeOf(error: unknown): number {
  // Commander has printed what is wrong itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  printFault(error);
  return error instanceof SettingsError ? 2 : couldNotRun;
}
