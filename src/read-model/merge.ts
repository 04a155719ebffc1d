import type { ConversationChange, MemberChange, MemberDocument } from './read-model.ts';

/** A member as a read model keeps it. */
export interface StoredMember extends MemberDocument {
  /** Of this member's messages in the conversation; null where there is none, or where it is not kept. */
  readonly greatest_client_id: string | null;
}

/** What a conversation must know of itself to take a change. */
export interface ConversationState {
  readonly revision: number;
  readonly last_seq: number;
  readonly members: readonly StoredMember[];
}

/** A conversation of which nothing is known yet. */
export const unknownConversation: ConversationState = { revision: -1, last_seq: 0, members: [] };

/** The state after a change. All of it only grows, so a change taken in before, wholly or in part, is harmless. */
export function mergeConversation(state: ConversationState, change: ConversationChange): ConversationState {
  if (change.revision <= state.revision) return state;
  return {
    revision: change.revision,
    last_seq: Math.max(state.last_seq, change.last_message?.seq ?? 0),
    members: mergeMembers(state.members, change.members),
  };
}

function mergeMembers(members: readonly StoredMember[], changes: readonly MemberChange[]): readonly StoredMember[] {
  const merged = members.map((member) => {
    const change = changes.find(({ id }) => id === member.id);
    return change === undefined ? member : mergeMember(member, change);
  });
  const added = changes.filter(({ id }) => !members.some((member) => member.id === id)).map(newMember);
  if (added.length === 0) return merged;
  return [...merged, ...added].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A member whom nobody has named yet goes by its id. */
function newMember(change: MemberChange): StoredMember {
  const { id } = change;
  return mergeMember({ id, username: id, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null }, change);
}

function mergeMember(member: StoredMember, change: MemberChange): StoredMember {
  const read = change.read_seq > member.read_seq ? change : member;
  return {
    id: member.id,
    username: change.username ?? member.username,
    read_seq: read.read_seq,
    read_date: read.read_date,
    own_seq: Math.max(member.own_seq, change.own_seq),
    greatest_client_id: greater(member.greatest_client_id, change.greatest_client_id),
  };
}

function greater(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return other > one ? other : one;
}
