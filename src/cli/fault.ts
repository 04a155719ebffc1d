import { OperatorError } from '../shared/errors.ts';

/** Says on standard error what went wrong, a line a fault. A stack is shown only for what nobody foresaw. */
export function printFault(error: unknown): void {
  const text = error instanceof OperatorError ? error.message : String(error instanceof Error ? error.stack : error);
  for (const line of text.split('\n')) process.stderr.write(`weiliao: ${line}\n`);
}
