import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** A prepared statement whose rows come as arrays of the given shape. */
export function prepareRows<Row>(db: DatabaseSyncInstance, sql: string): Rows<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return {
    get: (...parameters) => statement.get(...parameters) as Row | undefined,
    all: (...parameters) => statement.all(...parameters) as Row[],
  };
}

export interface Rows<Row> {
  readonly get: (...parameters: readonly unknown[]) => Row | undefined;
  readonly all: (...parameters: readonly unknown[]) => Row[];
}
