import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Value } from './columns.ts';
import type { Table } from './tables.ts';

/** Rows of one statement: a hundred in one cost a third of a hundred statements. */
const sizes = [100, 10, 1] as const;

/**
 * Inserts rows, given as one list of values in the order of the table's columns. `otherwise`: what happens to a row whose
 * place is taken, an ON CONFLICT clause.
 */
export function createInsert(
  db: DatabaseSyncInstance,
  { name, columns }: Table,
  otherwise: string,
): (values: readonly Value[]) => void {
  const width = columns.length;
  const row = `(${columns.map(() => '?').join(', ')})`;
  const statements = new Map<number, ReturnType<DatabaseSyncInstance['prepare']>>();

  function statementFor(size: number): ReturnType<DatabaseSyncInstance['prepare']> {
    let statement = statements.get(size);
    if (statement === undefined) {
      const rows = Array.from({ length: size }, () => row).join(', ');
      statement = db.prepare(`INSERT INTO ${name} VALUES ${rows} ${otherwise}`);
      statements.set(size, statement);
    }
    return statement;
  }

  return (values) => {
    let next = 0;
    for (const size of sizes) {
      for (const end = size * width; next + end <= values.length; next += end) {
        statementFor(size).run(...values.slice(next, next + end));
      }
    }
  };
}
