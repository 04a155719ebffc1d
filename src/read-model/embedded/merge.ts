import type { ConversationChange, MemberChange, MemberDocument } from '../read-model.ts';

/** What a conversation must know of itself to take a change. */
export interface ConversationState {
  readonly revision: number;
  readonly last_seq: number;
  readonly members: readonly MemberDocument[];
}

/** A conversation of which nothing is known yet. */
export const unknownConversation: ConversationState = { revision: -1, last_seq: 0, members: [] };

/** The state after a change. Everything only grows, so a change that was taken in before, wholly or in part, is harmless. */
export function mergeConversation(state: ConversationState, change: ConversationChange): ConversationState {
  if (change.revision <= state.revision) return state;
  return {
    revision: change.revision,
    last_seq: Math.max(state.last_seq, change.last_message?.seq ?? 0),
    members: mergeMembers(state.members, change.members),
  };
}

function mergeMembers(members: readonly MemberDocument[], changes: readonly MemberChange[]): readonly MemberDocument[] {
  const merged = members.map((member) => {
    const change = changes.find(({ id }) => id === member.id);
    return change === undefined ? member : mergeMember(member, change);
  });
  const added = changes.filter(({ id }) => !members.some((member) => member.id === id)).map(newMember);
  if (added.length === 0) return merged;
  return [...merged, ...added].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function newMember(change: MemberChange): MemberDocument {
  return mergeMember({ id: change.id, username: change.id, read_seq: 0, read_date: null, own_seq: 0 }, change);
}

function mergeMember(member: MemberDocument, change: MemberChange): MemberDocument {
  const read = change.read_seq > member.read_seq ? change : member;
  return {
    id: member.id,
    username: change.username ?? member.username,
    read_seq: read.read_seq,
    read_date: read.read_date,
    own_seq: Math.max(member.own_seq, change.own_seq),
  };
}
