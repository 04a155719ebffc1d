import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { DamageDocument, UserDocument } from '../documents.ts';
import { encodeRows } from './columns.ts';
import type { Names, Numbering } from './columns.ts';
import { createConversationWriter } from './conversation-writer.ts';
import type { ConversationWriter } from './conversation-writer.ts';
import { createInsert } from './insert-rows.ts';
import { createMembershipWriter } from './membership-writer.ts';
import type { MembershipWriter } from './membership-writer.ts';
import { createPersonNumbers } from './references.ts';
import type { PersonNumbers } from './references.ts';
import { overwriting, tables } from './tables.ts';

/** Numbers as the writers of one connection give and know them. */
export type WriterNumbering = Numbering &
  Pick<Names, 'personOf'> & { readonly numbersOfUser: PersonNumbers['numbersOf'] };

/** What writes everything but messages, over one connection. */
export interface Writers {
  readonly numbering: WriterNumbering;
  /** One that is there already stays as it is. */
  readonly users: (users: readonly UserDocument[]) => void;
  readonly damages: (damages: readonly DamageDocument[]) => void;
  readonly conversations: ConversationWriter;
  readonly memberships: MembershipWriter;
  /** To be called before a rollback: what was remembered was not written. */
  readonly forget: () => void;
}

/** Rows in memory; default: as many as a running projector is worth. */
export interface Kept {
  readonly conversations: number;
  readonly memberships: number;
}

export function createWriters(db: DatabaseSyncInstance, kept?: Kept): Writers {
  const persons = createPersonNumbers(db);
  const conversations = createConversationWriter(db, persons, kept?.conversations);
  const numbering = {
    numberOfPerson: persons.numberOf,
    numbersOfUser: persons.numbersOf,
    personOf: persons.personOf,
    numberOfConversation: conversations.numberOf,
  };
  const memberships = createMembershipWriter(db, numbering, kept?.memberships);
  const insertUsers = createInsert(
    db,
    tables.user,
    `${overwriting(tables.user)} WHERE excluded.position > ${tables.user.name}.position`,
  );
  const { name: damage } = tables.damage;
  const insertDamages = createInsert(
    db,
    tables.damage,
    `${overwriting(tables.damage)} WHERE excluded.revision > ${damage}.revision
      OR (excluded.revision = ${damage}.revision AND ${damage}.passed IS NULL)`,
  );
  return {
    numbering,
    users: (users) => insertUsers(encodeRows('user', users, numbering)),
    damages: (damages) => insertDamages(encodeRows('damage', damages, numbering)),
    conversations,
    memberships,
    forget() {
      conversations.forget();
      memberships.forget();
      persons.forget();
    },
  };
}
