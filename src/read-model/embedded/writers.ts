import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UserDocument } from '../documents.ts';
import type { Numbering } from './columns.ts';
import { createConversationWriter } from './conversation-writer.ts';
import type { ConversationWriter } from './conversation-writer.ts';
import { createMembershipWriter } from './membership-writer.ts';
import type { MembershipWriter } from './membership-writer.ts';
import { createPersonNumbers } from './references.ts';
import type { PersonNumbers } from './references.ts';
import { createUserWriter } from './user-writer.ts';

/** What writes everything but messages, over one connection. */
export interface Writers {
  readonly numbering: Numbering;
  readonly persons: PersonNumbers;
  readonly users: (users: readonly UserDocument[]) => void;
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
  const numberOfConversation = conversations.numberOf;
  const numbering = { numberOfPerson: persons.numberOf, numberOfConversation };
  const memberships = createMembershipWriter(db, { persons, numberOfConversation, kept: kept?.memberships });
  return {
    numbering,
    persons,
    users: createUserWriter(db, numbering),
    conversations,
    memberships,
    forget() {
      conversations.forget();
      memberships.forget();
      persons.forget();
    },
  };
}
