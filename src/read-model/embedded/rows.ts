import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** A prepared statement whose rows come as arrays of the given shape. */
export interface Rows<Row> {
  readonly get: (...parameters: readonly unknown[]) => Row | undefined;
  readonly iterate: (...parameters: readonly unknown[]) => Iterable<Row>;
  readonly all: (...parameters: readonly unknown[]) => Row[];
}

export function prepareRows<Row>(db: DatabaseSyncInstance, sql: string): Rows<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return {
    get: (...parameters) => statement.get(...parameters) as Row | undefined,
    iterate: (...parameters) => statement.iterate(...parameters) as Iterable<Row>,
    all(...parameters) {
      try {
        return statement.all(...parameters) as Row[];
      } catch {
        rowByRow(db, sql, parameters);
        return statement.all(...parameters) as Row[];
      }
    },
  };
}

/** The driver gives its errors a code in `get`, but not in `all`: what went wrong there is met again, with its code. */
function rowByRow(db: DatabaseSyncInstance, sql: string, parameters: readonly unknown[]): void {
  const one = db.prepare(`SELECT * FROM (${sql}) LIMIT 1 OFFSET ?`);
  for (let row = 0; one.get(...parameters, row) !== undefined; row += 1);
}
