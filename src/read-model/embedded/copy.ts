import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Projection } from '../construction.ts';
import { blankConversation } from '../merge.ts';
import { readOnlyUri } from './files.ts';
import { prepareRows } from './rows.ts';
import { everyTable, named, tables } from './tables.ts';

/**
 * Copies every projection but one from the database at `path`, which may be written meanwhile. Returns the checkpoint of
 * what was copied.
 */
export function copyOthers(db: DatabaseSyncInstance, path: string, projection: Projection): number {
  const taken = everyTable.filter((table) => table.projection !== projection);
  const copies = taken.map(({ name, columns }) => {
    const all = named(columns.map((column) => column.name));
    return `INSERT INTO ${name} (${all}) SELECT ${all} FROM other.${name};`;
  });
  // Messages name their conversation by number, so each keeps it.
  if (projection === 'conversation') copies.push(`INSERT INTO conversation SELECT ${blank} FROM other.conversation;`);
  db.prepare('ATTACH ? AS other').run(readOnlyUri(path));
  db.exec('BEGIN');
  const checkpoint = prepareRows<[number]>(db, 'SELECT checkpoint FROM other.state').get()?.[0] ?? 0;
  db.exec(`${copies.join(' ')} COMMIT; DETACH other;`);
  return checkpoint;
}

/** The columns of a conversation of which no more is known than its number and its id. */
const { key, unique, columns } = tables.conversation;
const nothingKnown: Readonly<Record<string, unknown>> = { ...blankConversation('') };
const blank = columns
  .map(({ name }) => ([...key, ...unique].includes(name) ? `"${name}"` : String(nothingKnown[name])))
  .join(', ');
