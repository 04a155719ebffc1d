import { describeDifference } from '../projections/compare.ts';
import type { Difference } from '../projections/compare.ts';

/** Prints each difference between the log and the read model: what differs in one line, then both in full. */
export function printDifferences(differences: readonly Difference[]): void {
  for (const difference of differences) {
    const { expected, actual } = difference;
    process.stdout.write(
      `${describeDifference(difference)}\n  expected ${show(expected)}\n  actual   ${show(actual)}\n`,
    );
  }
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
