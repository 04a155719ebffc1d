import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { readOnlyUri } from './files.ts';
import { prepareRows } from './rows.ts';
import { createScans } from './scan.ts';
import type { Scans } from './scan.ts';

/** A read model standing still, also while it is written, until it is released. */
export interface Frozen {
  readonly checkpoint: number;
  readonly scans: Scans;
  /** True where it holds the same rows as the other one: then both hold the same documents. */
  sameRows(): boolean;
  /** Who is linked to which conversation here and not there, or there and not here: `<user> <conversation>`. */
  differentLinks(): { readonly unexpected: readonly string[]; readonly missing: readonly string[] };
  release(): void;
}

interface Table {
  readonly name: string;
  /** Primary key: both tables are read once, in this order. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

const tables: readonly Table[] = [
  { name: 'user', key: ['id'], columns: ['username', 'avatar', 'position'] },
  { name: 'person', key: ['number'], columns: ['id', 'username'] },
  { name: 'member', key: ['user', 'conversation'], columns: [] },
  {
    name: 'conversation',
    key: ['number'],
    columns: [
      ...['updated_at', 'last_position', 'last_seq', 'revision', 'id', 'members'],
      ...['last_client_id', 'last_revision', 'last_from', 'last_msg'],
    ],
  },
  {
    name: 'message',
    key: ['position'],
    columns: [
      ...['conversation', 'seq', 'revision', 'sender', 'addressee'],
      ...['send_date', 'read_date', 'client_id', 'msg'],
    ],
  },
];

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
    scans: createScans(db, 'frozen'),
    sameRows: () => tables.every((table) => sameRows(db, table)),
    differentLinks: () => ({
      unexpected: linksNotIn(db, 'frozen', 'other'),
      missing: linksNotIn(db, 'other', 'frozen'),
    }),
    release() {
      if (!db.isOpen) return;
      db.exec('COMMIT; DETACH frozen; DETACH other;');
      db.close();
    },
  };
}

function sameRows(db: DatabaseSyncInstance, { name, key, columns }: Table): boolean {
  const count = (schema: string): number | undefined =>
    prepareRows<[number]>(db, `SELECT count(*) FROM ${schema}.${name}`).get()?.[0];
  if (count('frozen') !== count('other')) return false;
  const sameKey = key.map((column) => `b.${column} = a.${column}`).join(' AND ');
  const differ = [...key, ...columns].map((column) => `a.${column} IS NOT b.${column}`);
  const different = prepareRows<[number]>(
    db,
    `SELECT 1 FROM frozen.${name} AS a LEFT JOIN other.${name} AS b ON ${sameKey} WHERE ${differ.join(' OR ')} LIMIT 1`,
  );
  return different.get() === undefined;
}

const linksShown = 1_000;

function linksNotIn(db: DatabaseSyncInstance, schema: string, other: string): string[] {
  const links = (from: string): string =>
    `SELECT user || ' ' || id FROM ${from}.member JOIN ${from}.conversation ON number = conversation`;
  const rows = prepareRows<[string]>(db, `${links(schema)} EXCEPT ${links(other)} LIMIT ${linksShown}`);
  return rows.all().map(([link]) => link);
}
