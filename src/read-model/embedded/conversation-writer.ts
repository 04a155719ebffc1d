import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ConversationDocument } from '../documents.ts';
import { blankConversation, mergeConversation } from '../merge.ts';
import type { ConversationChange } from '../read-model.ts';
import { decoder, encodeRows, selected } from './columns.ts';
import type { Value } from './columns.ts';
import { createInsert } from './insert-rows.ts';
import { createKeptRows } from './kept-rows.ts';
import type { PersonNumbers } from './references.ts';
import { prepareRows } from './rows.ts';
import { overwriting, tables } from './tables.ts';
import { toStored } from './text.ts';

/** Writes conversation rows, numbered in the order in which the log names them. */
export interface ConversationWriter {
  readonly take: (change: ConversationChange) => void;
  readonly numberOf: (id: string) => number;
  /** Writes each row that was changed since the last time, once. */
  readonly flush: () => void;
  /** To be called after a rollback. */
  readonly forget: () => void;
}

/** Conversations that are remembered, unless told otherwise. */
const defaultKept = 20_000;

interface Row {
  readonly number: number;
  document: ConversationDocument;
}

export function createConversationWriter(
  db: DatabaseSyncInstance,
  persons: PersonNumbers,
  kept = defaultKept,
): ConversationWriter {
  const find = prepareRows<[number, ...Value[]]>(
    db,
    `SELECT number, ${selected('conversation')} FROM conversation WHERE _id = ?`,
  );
  const decode = decoder('conversation', 1);
  const insert = createInsert(db, tables.conversation, overwriting(tables.conversation));
  const greatestNumber = prepareRows<[number]>(db, 'SELECT coalesce(max(number), 0) FROM conversation');
  let lastNumber: number | undefined;

  const rows = createKeptRows<Row>(kept, (changed) => {
    const documents = changed.map(({ document }) => document);
    const numbering = { numberOfPerson: persons.numberOf, numberOfConversation: numberOf };
    const { count, columns } = encodeRows('conversation', documents, numbering);
    insert({ count, columns: [changed.map(({ number }) => number), ...columns] });
  });

  function load(id: string): Row {
    const found = find.get(toStored(id));
    if (found !== undefined) {
      const document = decode(found, { personOf: persons.personOf, conversationOf: () => id });
      return rows.add(id, { number: found[0], document });
    }
    lastNumber = (lastNumber ?? greatestNumber.get()?.[0] ?? 0) + 1;
    const row = rows.add(id, { number: lastNumber, document: blankConversation(id) });
    rows.changed(row);
    return row;
  }

  function rowOf(id: string): Row {
    return rows.get(id) ?? load(id);
  }

  function numberOf(id: string): number {
    return rowOf(id).number;
  }

  return {
    take(change) {
      const row = rowOf(change._id);
      const document = mergeConversation(row.document, change);
      if (document === row.document) return;
      row.document = document;
      rows.changed(row);
    },
    numberOf,
    flush: rows.flush,
    forget() {
      rows.forget();
      lastNumber = undefined;
    },
  };
}
