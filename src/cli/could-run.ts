import { SettingsError } from '../shared/config.ts';
import { OperatorError } from '../shared/errors.ts';
import { printFault } from './fault.ts';

/** What was asked for could not be done: nothing is known of what it was to find out. */
const couldNotRun = 3;

/** Does what a command does. Where it cannot, says why and sets the exit code 3; a stack is for what nobody foresaw. */
export async function couldRun(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    printFault(isForeseen(error) ? new OperatorError(error.message) : error);
    process.exitCode = couldNotRun;
  }
}

/** Errors of the stores say so themselves. */
function isForeseen(error: unknown): error is Error {
  return error instanceof Error && ('temporary' in error || error instanceof InterruptedError);
}

/** Ends a command that an operator interrupts. */
export class InterruptedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InterruptedError';
  }
}
