import type { Collection, Db, IndexDescription } from 'mongodb';
import type { LastMessageDocument, MemberDocument, MessageDocument, UserDocument } from '../read-model.ts';

/** A conversation as it is stored: `last_seq` 0 and no last message until its first, and not shown until then. */
export interface StoredConversation {
  readonly _id: string;
  readonly members: readonly MemberDocument[];
  readonly last_seq: number;
  readonly revision: number;
  readonly last_message: LastMessageDocument | null;
  readonly updated_at: number;
  readonly last_position: number;
}

/** The three collections that outsiders read by these names, or those that are being built to replace them. */
export interface Collections {
  readonly user: Collection<UserDocument>;
  readonly message: Collection<MessageDocument>;
  readonly conversation: Collection<StoredConversation>;
}

export const collectionNames = ['user', 'message', 'conversation'] as const;
export type CollectionName = (typeof collectionNames)[number];

/** `prefix`: of collections that are not in use yet. */
export function collectionsOf(db: Db, prefix = ''): Collections {
  return {
    user: db.collection(`${prefix}user`),
    message: db.collection(`${prefix}message`),
    conversation: db.collection(`${prefix}conversation`),
  };
}

/** Serves history, read marks and scans. */
export const messageBySeq = { conversation: 1, seq: 1 } as const;

/**
 * - The index by client message id is not unique: a projection refuses no fact, whatever the log says. It is in UTF-8
 *   order, which for the client ids that can be sent (ASCII) is code-unit order.
 * - Those of `conversation` begin with the member, so that the friend list and what changed are read in order.
 */
const indexes: Readonly<Record<'message' | 'conversation', IndexDescription[]>> = {
  message: [
    { key: messageBySeq, name: 'by_seq', unique: true },
    { key: { 'from.id': 1, client_id: 1 }, name: 'by_client_id' },
  ],
  conversation: [
    { key: { 'members.id': 1, updated_at: 1, _id: 1 }, name: 'by_activity' },
    { key: { 'members.id': 1, last_position: 1 }, name: 'by_change' },
  ],
};

/** Makes the indexes that are not there yet; the server builds them while the collection is used. */
export async function ensureIndexes({ message, conversation }: Collections): Promise<void> {
  await message.createIndexes(indexes.message);
  await conversation.createIndexes(indexes.conversation);
}
