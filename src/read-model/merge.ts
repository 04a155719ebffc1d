import { membershipId } from './documents.ts';
import type { ConversationDocument, MembershipDocument, UserDocument } from './documents.ts';
import type { ConversationChange, MembershipChange } from './read-model.ts';

/** What a conversation is before anything is known of it: not shown, and every change is news to it. */
export function blankConversation(id: string): ConversationDocument {
  return { _id: id, last_seq: 0, updated_at: 0, revision: -1, last_position: 0 };
}

/** The conversation after a change; the same object where the change says nothing new. */
export function mergeConversation(
  document: ConversationDocument | undefined,
  change: ConversationChange,
): ConversationDocument {
  const known = document ?? blankConversation(change._id);
  if (change.revision <= known.revision) return known;
  const { last_seq, updated_at } = change.last_seq > known.last_seq ? change : known;
  const last_position = Math.max(known.last_position, change.last_position);
  return { _id: known._id, last_seq, updated_at, revision: change.revision, last_position };
}

/** The membership after a change; the same object where the change says nothing new. */
export function mergeMembership(
  document: MembershipDocument | undefined,
  change: MembershipChange,
): MembershipDocument {
  if (document === undefined) return { _id: membershipId(change.user, change.conversation), ...change };
  const { read_seq, read_date } = change.read_seq > document.read_seq ? change : document;
  const own_seq = Math.max(document.own_seq, change.own_seq);
  const greatest_client_id = greater(document.greatest_client_id, change.greatest_client_id);
  if (
    read_seq === document.read_seq &&
    own_seq === document.own_seq &&
    greatest_client_id === document.greatest_client_id
  ) {
    return document;
  }
  return { ...document, read_seq, read_date, own_seq, greatest_client_id };
}

/** What `usersStarting` answers, of two pages in order that begin where the text would be. */
export function usersOfText(
  { text, limit }: { readonly text: string; readonly limit: number },
  [byId, byName]: readonly [readonly UserDocument[], readonly UserDocument[]],
): UserDocument[] {
  const found = new Map<string, UserDocument>();
  for (const user of byId) if (user._id.startsWith(text)) found.set(user._id, user);
  for (const user of byName) if (user.username.startsWith(text)) found.set(user._id, user);
  return [...found.values()].slice(0, limit);
}

/** The greater of two texts in code-unit order, which no database sorts by. */
export function greater(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return other > one ? other : one;
}
