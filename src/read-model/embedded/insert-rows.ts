import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Rows, Value } from './columns.ts';
import type { Table } from './tables.ts';

/** Rows of one statement: a hundred in one cost a third of a hundred statements. */
const sizes = [100, 10, 1] as const;

/** Inserts rows of a table. `otherwise`: what happens to a row whose place is taken, an ON CONFLICT clause. */
export function createInsert(
  db: DatabaseSyncInstance,
  { name, columns }: Table,
  otherwise: string,
): (rows: Rows) => void {
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

  return ({ count, columns: lists }) => {
    let next = 0;
    for (const size of sizes) {
      for (; next + size <= count; next += size) {
        const values: Value[] = [];
        for (let row = next; row < next + size; row += 1) {
          for (const list of lists) values.push(list[row] ?? null);
        }
        statementFor(size).run(...values);
      }
    }
  };
}
