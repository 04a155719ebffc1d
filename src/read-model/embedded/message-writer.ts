import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { markOf } from '../documents.ts';
import type { MessageDocument } from '../documents.ts';
import type { MessagePatch } from '../read-model.ts';
import { columns, encode, encodeRows } from './columns.ts';
import type { Column, Rows } from './columns.ts';
import { createInsert } from './insert-rows.ts';
import { tables } from './tables.ts';
import type { WriterNumbering } from './writers.ts';

/** Those of the columns that a patch may set: fields without a column follow from others. */
const patched = columns.message.filter(({ name }) => Object.hasOwn(markOf, name));
const marks = [...new Set(Object.values(markOf))];

/** A message that is there already stays as it is, but takes what was patched where its mark says that it has not. */
const takingPatches = `
  ON CONFLICT (position) DO UPDATE SET ${patched.map(({ name }) => `"${name}" = ${takenOf(name)}`).join(', ')}
    WHERE ${marks.map((mark) => `(message.${mark} IS NULL AND excluded.${mark} IS NOT NULL)`).join(' OR ')}
  ON CONFLICT DO NOTHING`;

function takenOf(name: string): string {
  const mark = markOf[name as keyof typeof markOf];
  return `CASE WHEN message.${mark} IS NULL THEN excluded."${name}" ELSE message."${name}" END`;
}

/** Inserts rows of messages. */
export function createMessageInsert(db: DatabaseSyncInstance): (rows: Rows) => void {
  return createInsert(db, tables.message, takingPatches);
}

export interface MessageWriter {
  /** Those that are there already only take what was patched. */
  readonly insert: (messages: readonly MessageDocument[]) => void;
  readonly patch: (patch: MessagePatch) => void;
}

export function createMessageWriter(db: DatabaseSyncInstance, numbering: WriterNumbering): MessageWriter {
  const insert = createMessageInsert(db);
  return {
    insert: (messages) => insert(encodeRows('message', messages, numbering)),
    patch: createPatch(db, numbering),
  };
}

/** Patches messages; needs the index by seq. */
export function createPatch(db: DatabaseSyncInstance, numbering: WriterNumbering): (patch: MessagePatch) => void {
  const statements = new Map<string, ReturnType<DatabaseSyncInstance['prepare']>>();

  function statementFor(sets: readonly Column[], once: string, addressed: boolean) {
    const sql = `
      UPDATE message SET ${sets.map(({ name }) => `"${name}" = ?`).join(', ')}
      WHERE conversation = ? AND seq > ? AND seq <= ? AND "${once}" IS NULL${addressed ? ' AND "to" = ?' : ''}`;
    let statement = statements.get(sql);
    if (statement === undefined) statements.set(sql, (statement = db.prepare(sql)));
    return statement;
  }

  return ({ conversation, after, up_to, addressee, once, set }) => {
    const fields: Readonly<Record<string, unknown>> = set;
    const sets = patched.filter(({ name }) => fields[name] !== undefined);
    const values = sets.map((column) => encode(column, fields[column.name], numbering));
    const update = statementFor(sets, once, addressee !== undefined);
    const range = [...values, numbering.numberOfConversation(conversation), after, up_to];
    if (addressee === undefined) update.run(...range);
    else for (const person of numbering.numbersOfUser(addressee)) update.run(...range, person);
  };
}
