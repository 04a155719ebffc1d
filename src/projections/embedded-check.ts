import type { Frozen } from '../read-model/embedded/comparison.ts';
import type { Scans } from '../read-model/embedded/scan.ts';
import { compareEverything } from './compare.ts';
import type { Difference } from './compare.ts';

/**
 * Every way in which the frozen read model is not the one that was built from the log to the same position. Equal ones
 * are found equal at the price of reading both; only otherwise documents are made and compared one by one.
 */
export async function* differencesOf(built: Scans, actual: Frozen): AsyncGenerator<Difference> {
  if (actual.sameRows()) return;
  yield* compareEverything(built, actual.scans);
  const { missing, unexpected } = actual.differentLinks();
  for (const link of missing) yield { kind: 'missing', where: `member ${link}`, expected: link, actual: undefined };
  for (const link of unexpected) {
    yield { kind: 'unexpected', where: `member ${link}`, expected: undefined, actual: link };
  }
}

export function aheadOfLog({ checkpoint }: Pick<Frozen, 'checkpoint'>, logEnd: number): Difference {
  return { kind: 'checkpoint', where: 'checkpoint', expected: logEnd, actual: checkpoint };
}
