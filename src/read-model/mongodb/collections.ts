import type { Collection, Db, IndexDescription } from 'mongodb';
import type { DocumentKind, Documents } from '../documents.ts';
import { isIndexRefusal } from './errors.ts';
import { placesName, UnfitCollectionsError } from './ownership.ts';

/** The collections that outsiders read by the names of the kinds, or those that are being built to replace them. */
export type Collections = { readonly [Kind in DocumentKind]: Collection<Documents[Kind]> };

/** Serves history, read marks and scans. */
export const messageBySeq = { conversation: 1, seq: 1 } as const;

/**
 * Beside the one by `_id`. Nothing here names another member: when somebody writes, no index entry of theirs moves.
 *
 * - The index by client message id is not unique: a projection refuses no fact, whatever the log says. It is in UTF-8
 *   order, which for the client ids that can be sent (ASCII) is code-unit order.
 * - A user's memberships lie together in the index by `_id`, which begins with the user.
 */
const indexes: Readonly<Record<DocumentKind, IndexDescription[]>> = {
  message: [
    { key: messageBySeq, name: 'by_seq', unique: true },
    { key: { 'from.id': 1, client_id: 1 }, name: 'by_client_id' },
  ],
  membership: [],
  conversation: [],
  user: [{ key: { username: 1 }, name: 'by_username' }],
  damage: [],
};

/** In the order in which they are put in use: a conversation does not come before the messages that it names. */
export const collectionNames = Object.keys(indexes) as readonly DocumentKind[];

/** `prefix`: of collections that are not in use yet. */
export function collectionsOf(db: Db, prefix = ''): Collections {
  return {
    user: db.collection(`${prefix}user`),
    conversation: db.collection(`${prefix}conversation`),
    membership: db.collection(`${prefix}membership`),
    message: db.collection(`${prefix}message`),
    damage: db.collection(`${prefix}damage`),
  };
}

/** Every collection of a read model in use. */
export const ownNames: readonly string[] = [...collectionNames, placesName];

/**
 * Makes the indexes that are not there yet; the server builds them while the collection is used. Throws
 * `UnfitCollectionsError` where one cannot be made of what is there: a rebuild makes it.
 */
export async function ensureIndexes(collections: Collections): Promise<void> {
  for (const name of collectionNames) {
    if (indexes[name].length > 0) await makeIndexes(collections, name);
  }
}

async function makeIndexes(collections: Collections, name: DocumentKind): Promise<void> {
  try {
    await collections[name].createIndexes(indexes[name]);
  } catch (error) {
    if (!isIndexRefusal(error)) throw error;
    const what = `the indexes of ${name} cannot be made: another one has the name, or documents are at one place`;
    throw new UnfitCollectionsError(`${what}; \`weiliao rebuild\` makes the collection anew`, { cause: error });
  }
}
