import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { membershipId } from '../documents.ts';
import type { MembershipDocument } from '../documents.ts';
import { mergeMembership } from '../merge.ts';
import type { MembershipChange } from '../read-model.ts';
import { decoder, encodeRows, selected } from './columns.ts';
import type { Value } from './columns.ts';
import { createInsert } from './insert-rows.ts';
import { createKeptRows } from './kept-rows.ts';
import { prepareRows } from './rows.ts';
import { overwriting, tables } from './tables.ts';
import { toStored } from './text.ts';
import type { WriterNumbering } from './writers.ts';

/** Writes memberships; one that a change only names stays unwritten. */
export interface MembershipWriter {
  readonly take: (change: MembershipChange) => void;
  /** Writes each row that was changed since the last time, once. */
  readonly flush: () => void;
  /** To be called after a rollback. */
  readonly forget: () => void;
}

/** Memberships that are remembered, unless told otherwise. */
const defaultKept = 50_000;

interface Row {
  document: MembershipDocument;
}

export function createMembershipWriter(
  db: DatabaseSyncInstance,
  numbering: WriterNumbering,
  most = defaultKept,
): MembershipWriter {
  const find = prepareRows<Value[]>(
    db,
    `SELECT ${selected('membership')} FROM membership WHERE user = ? AND conversation = ?`,
  );
  const decode = decoder('membership');
  const insert = createInsert(db, tables.membership, overwriting(tables.membership));

  const rows = createKeptRows<Row>(most, (changed) => {
    const documents = changed.map(({ document }) => document);
    insert(encodeRows('membership', documents, numbering));
  });

  function stored(user: string, conversation: string): MembershipDocument | undefined {
    const row = find.get(toStored(user), numbering.numberOfConversation(conversation));
    return row && decode(row, { personOf: numbering.personOf, conversationOf: () => conversation });
  }

  return {
    take(change) {
      const id = membershipId(change.user, change.conversation);
      const row = rows.get(id);
      const known = row === undefined ? stored(change.user, change.conversation) : row.document;
      const document = mergeMembership(known, change);
      const kept = row ?? rows.add(id, { document });
      if (document === known) return;
      kept.document = document;
      rows.changed(kept);
    },
    flush: rows.flush,
    forget: rows.forget,
  };
}
