import { OperatorError } from '../shared/errors.ts';

/** Ends a command that an operator interrupts. */
export class InterruptedError extends OperatorError {
  constructor(message: string) {
    super(message);
    this.name = 'InterruptedError';
  }
}

/** Says on standard error what went wrong, a line a fault. A stack is shown only for what nobody foresaw. */
export function printFault(error: unknown): void {
  const text = isForeseen(error) ? error.message : String(error instanceof Error ? error.stack : error);
  for (const line of text.split('\n')) process.stderr.write(`weiliao: ${line}\n`);
}

/** Errors of the stores, and those that clients are told of, say themselves whether they pass. */
function isForeseen(error: unknown): error is Error {
  return error instanceof OperatorError || (error instanceof Error && 'temporary' in error);
}
