import type { Frozen } from '../read-model/embedded/comparison.ts';
import type { Scans } from '../read-model/embedded/scan.ts';
import { compareScans } from './compare.ts';
import type { Difference } from './compare.ts';

/**
 * Every way in which the frozen read model is not the one that was built from the log to the same position. Equal ones
 * are found equal at the price of reading both; only otherwise documents are made and compared one by one.
 */
export async function* differencesOf(built: Scans, actual: Frozen): AsyncGenerator<Difference> {
  if (actual.sameRows()) return;
  const { scans } = actual;
  yield* compareScans({ name: 'user', expected: built.users(), actual: scans.users(), order: byId });
  yield* compareScans({
    name: 'conversation',
    expected: built.conversations(),
    actual: scans.conversations(),
    order: byId,
  });
  yield* compareScans({
    name: 'message',
    expected: built.messages(),
    actual: scans.messages(),
    order: (one, other) => compareText(one.conversation, other.conversation) || one.seq - other.seq,
  });
  const { missing, unexpected } = actual.differentLinks();
  for (const link of missing) yield { kind: 'missing', where: `member ${link}`, expected: link, actual: undefined };
  for (const link of unexpected) {
    yield { kind: 'unexpected', where: `member ${link}`, expected: undefined, actual: link };
  }
}

export function aheadOfLog({ checkpoint }: Frozen, logEnd: number): Difference {
  return { kind: 'checkpoint', where: 'checkpoint', expected: logEnd, actual: checkpoint };
}

function byId(one: { readonly _id: string }, other: { readonly _id: string }): number {
  return compareText(one._id, other._id);
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
