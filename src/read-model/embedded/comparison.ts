import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { readOnlyUri } from './files.ts';
import { prepareRows } from './rows.ts';
import { createScans } from './scan.ts';
import type { Scans } from './scan.ts';
import { everyTable } from './tables.ts';
import type { Table } from './tables.ts';

/** A read model standing still, also while it is written, until it is released. */
export interface Frozen {
  readonly checkpoint: number;
  readonly scans: Scans;
  /** True where it holds the same rows as the other one: then both hold the same documents. */
  sameRows(): boolean;
  release(): void;
}

/**
 * Freezes the read model at `path`, to be compared with the one at `otherPath`, which may be written until then. Both are
 * attached: a detached file is closed at once, a closed connection only when its statements are collected.
 */
export function freeze(path: string, otherPath: string): Frozen {
  const db = new DatabaseSync(':memory:', { timeout: 5_000 });
  db.prepare('ATTACH ? AS frozen').run(readOnlyUri(path));
  db.prepare('ATTACH ? AS other').run(readOnlyUri(otherPath));
  db.exec('BEGIN');
  return {
    checkpoint: prepareRows<[number]>(db, 'SELECT checkpoint FROM frozen.state').get()?.[0] ?? 0,
    scans: createScans(db, { schema: 'frozen', hidden: true }),
    sameRows: () => everyTable.every((table) => sameRows(db, table)),
    release() {
      if (!db.isOpen) return;
      db.exec('COMMIT; DETACH frozen; DETACH other;');
      db.close();
    },
  };
}

/** Both tables are read once, in the order of their key. */
function sameRows(db: DatabaseSyncInstance, { name, key, columns }: Table): boolean {
  const count = (schema: string): number | undefined =>
    prepareRows<[number]>(db, `SELECT count(*) FROM ${schema}.${name}`).get()?.[0];
  if (count('frozen') !== count('other')) return false;
  const sameKey = key.map((column) => `b."${column}" = a."${column}"`).join(' AND ');
  const differ = columns.map((column) => `a."${column.name}" IS NOT b."${column.name}"`).join(' OR ');
  const different = prepareRows<[number]>(
    db,
    `SELECT 1 FROM frozen.${name} AS a LEFT JOIN other.${name} AS b ON ${sameKey} WHERE ${differ} LIMIT 1`,
  );
  return different.get() === undefined;
}
