import type { Difference } from '../projections/compare.ts';

/** Prints each difference between the log and the read model, two lines each. */
export function printDifferences(differences: readonly Difference[]): void {
  for (const { kind, where, expected, actual } of differences) {
    process.stdout.write(`${kind} ${where}\n  expected ${show(expected)}\n  actual   ${show(actual)}\n`);
  }
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
