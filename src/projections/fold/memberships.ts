import type { MembershipChange } from '../../read-model/read-model.ts';

/** What one batch changes in each membership, folded to one change a membership. */
export interface MembershipFold {
  /** The user belongs to the conversation, from its beginning where nothing else was said before. */
  readonly belongs: (user: string, conversation: string) => void;
  readonly read: (user: string, conversation: string, upTo: { readonly seq: number; readonly date: number }) => void;
  readonly sent: (user: string, conversation: string, own: { readonly seq: number; readonly clientId: string }) => void;
  /** In the order in which the memberships came up. */
  readonly changes: () => MembershipChange[];
}

type Change = { -readonly [Field in keyof MembershipChange]: MembershipChange[Field] };

export function foldMemberships(): MembershipFold {
  const folded = new Map<string, Map<string, Change>>();

  function changeOf(user: string, conversation: string): Change {
    let ofConversation = folded.get(conversation);
    if (ofConversation === undefined) folded.set(conversation, (ofConversation = new Map<string, Change>()));
    let change = ofConversation.get(user);
    if (change === undefined) {
      const nothing = { joined_seq: 0, read_seq: 0, read_date: null, own_seq: 0, greatest_client_id: null };
      ofConversation.set(user, (change = { user, conversation, ...nothing }));
    }
    return change;
  }

  return {
    belongs: (user, conversation) => void changeOf(user, conversation),

    read(user, conversation, { seq, date }) {
      const change = changeOf(user, conversation);
      if (seq <= change.read_seq) return;
      change.read_seq = seq;
      change.read_date = date;
    },

    sent(user, conversation, { seq, clientId }) {
      const change = changeOf(user, conversation);
      if (seq > change.own_seq) change.own_seq = seq;
      if (change.greatest_client_id === null || clientId > change.greatest_client_id) {
        change.greatest_client_id = clientId;
      }
    },

    changes: () => [...folded.values()].flatMap((ofConversation) => [...ofConversation.values()]),
  };
}
